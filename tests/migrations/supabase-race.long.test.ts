/** `db:migrate` and `supabase db push` at the same time on the same database. */
import { setTimeout as pause } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readCatalogue } from '../../scripts/catalogue/catalogue.ts';
import { runSupabase } from '../../scripts/supabase-cli.ts';
import { listMigrations } from '../../sql/cli/migration-files.ts';
import { migrateUp } from '../../sql/cli/migrations.ts';
import { createEmptyDatabase, type EmptyDatabase } from '../support/empty-database.ts';
import { createMigrationsFolder, type MigrationsFolder } from '../support/migrations-folder.ts';
import { readRecord } from '../support/record.ts';
import { type ScratchCluster, startScratchCluster } from '../support/scratch-cluster.ts';

const UP_TO_DATE = { code: 0, stdout: 'Remote database is up to date.\n' };

describe('both on an empty database', () => {
  let cluster: ScratchCluster;
  beforeAll(async () => {
    cluster = await startScratchCluster();
    await cluster.createMigrated('clean');
  });
  afterAll(() => cluster?.stop());

  /** What the CLI says when another applied a file between its look and its turn. */
  const LOST = /already exists|duplicate key|deadlock detected|concurrently updated/;

  // The CLI needs some 600 ms until its first query, so that these meet it at different moments.
  test.each([0, 150, 300, 450, 600, 750])('ours %i ms behind', async (behind) => {
    const database = `behind_${behind}`;
    await cluster.createBootstrapped(database);
    const url = cluster.url('postgres', database);
    const push = () => runSupabase(['db', 'push', '--yes'], url);

    const [, pushed] = await Promise.all([pause(behind).then(() => migrateUp({ url })), push()]);
    if (pushed.code !== 0) expect(pushed.stderr).toMatch(LOST);

    expect(await push()).toMatchObject(UP_TO_DATE);
    expect(await migrateUp({ url })).toEqual([]);
    const names = (await listMigrations()).map(({ name }) => name);
    const recorded = (await readRecord(url)).map(({ version, name }) => `${version}_${name}`);
    expect(recorded).toEqual(names);
    const [own, clean] = [database, 'clean'].map((name) =>
      readCatalogue(cluster.url('supabase_admin', name)),
    );
    expect(await own).toEqual(await clean);
  });
});

describe('one in the middle of a file', () => {
  let db: EmptyDatabase;
  let folder: MigrationsFolder;
  let sql: Sql;
  let lines: string[];
  beforeEach(async () => {
    lines = [];
    db = await createEmptyDatabase();
    folder = createMigrationsFolder();
    sql = postgres(db.url, { max: 2, onnotice() {} });
    folder.write(1, 'before', 'create table before (id int);');
    await migrateUp({ url: db.url, dir: folder.dir });
  });
  afterEach(async () => {
    await sql.end();
    folder.remove();
    await db.drop();
  });

  const up = () => migrateUp({ url: db.url, dir: folder.dir, log: (line) => lines.push(line) });
  const push = () => runSupabase(['db', 'push', '--yes'], db.url, folder.parent);

  /** Waits until so many sessions wait for a lock of a kind. */
  const waiting = (event: string, count = 1) =>
    expect
      .poll(
        () => sql`select count(*)::int as n from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and wait_event = ${event}`,
        { timeout: 20_000 },
      )
      .toEqual([{ n: count }]);

  /** Runs `work` while the file that a test writes is held up in its middle. */
  async function whileHeld(work: () => Promise<void>): Promise<void> {
    await sql.begin(async (holder) => {
      await holder`select pg_advisory_xact_lock(4711)`;
      await work();
    });
  }

  test('the CLI waits for ours, and then finds nothing to do', async () => {
    const slow = folder.write(
      2,
      'slow',
      'create table slow (id int); set local lock_timeout = 0; select pg_advisory_xact_lock(4711);',
    );
    let runs: Promise<[string[], Awaited<ReturnType<typeof push>>]> | undefined;
    await whileHeld(async () => {
      const ours = up();
      await waiting('advisory');
      runs = Promise.all([ours, push()]);
      await waiting('relation');
    });
    expect(await runs).toEqual([[slow], expect.objectContaining(UP_TO_DATE)]);
  });

  test('ours waits for the CLI, and then finds nothing to do', async () => {
    folder.write(2, 'slow', 'create table slow (id int); select pg_advisory_xact_lock(4711);');
    let runs: Promise<[Awaited<ReturnType<typeof push>>, string[]]> | undefined;
    await whileHeld(async () => {
      const theirs = push();
      await waiting('advisory');
      runs = Promise.all([theirs, up()]);
      await expect
        .poll(() => lines)
        .toContain('20260101000002_slow waits for a lock that another session holds');
      await waiting('transactionid');
    });
    expect(await runs).toEqual([expect.objectContaining({ code: 0 }), []]);
    expect((await readRecord(db.url)).map(({ name }) => name)).toEqual(['before', 'slow']);
  });

  test('a file that waits for an application does not hold up who reads the record', async () => {
    const waits = folder.write(2, 'waits', 'alter table before add column more int;');
    let run: Promise<string[]> | undefined;
    await sql.begin(async (application) => {
      await application`select from before`;
      run = up();
      await expect
        .poll(() => lines)
        .toContain(`${waits} waits for a lock that another session holds`);
      await waiting('relation');
      expect(await readRecord(db.url)).toHaveLength(1);
    });
    expect(await run).toEqual([waits]);
  });
});
