import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrateUp } from '../../sql/cli/migrations.ts';
import { runCli } from '../support/cli.ts';
import { createEmptyDatabase, type EmptyDatabase } from '../support/empty-database.ts';
import { freePort } from '../support/free-port.ts';
import { createMigrationsFolder, type MigrationsFolder } from '../support/migrations-folder.ts';

let db: EmptyDatabase;
let folder: MigrationsFolder;

beforeAll(async () => {
  db = await createEmptyDatabase();
  folder = createMigrationsFolder();
  folder.write(
    1,
    'tables',
    `create table big (id int, filler text);
     insert into big select i, repeat('x', 100) from generate_series(1, 5000) i;
     create table parts (id int) partition by range (id);
     create table parts_1 partition of parts for values from (0) to (9000);
     create table parts_2 partition of parts for values from (9000) to (20000);
     insert into parts select generate_series(0, 19999);`,
  );
});
afterAll(async () => {
  folder.remove();
  await db.drop();
});

const health = (url: string) => runCli(['health', '--json', '--url', url, '--dir', folder.dir]);

test('an unmigrated database is unhealthy and lists what is pending', async () => {
  const { code, stdout } = await health(db.url);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    healthy: false,
    pending_migrations: ['20260101000001_tables'],
    error: null,
  });
});

test('a migrated one is healthy; sizes name the biggest tables, partitions as one', async () => {
  await migrateUp({ url: db.url, dir: folder.dir });
  const { code, stdout } = await health(db.url);
  const report = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(report).toMatchObject({ healthy: true, pending_migrations: [], error: null });
  expect(report.server_version).toMatch(/^17\./);
  expect(report.database_bytes).toBeGreaterThan(1_000_000);
  const sizes = new Map(
    report.biggest_tables.map(({ name, bytes }: { name: string; bytes: number }) => [name, bytes]),
  );
  expect([...sizes.keys()].slice(0, 2).sort()).toEqual(['public.big', 'public.parts']);
  expect(sizes.get('public.parts')).toBeGreaterThan(600_000);
  expect(sizes.has('public.parts_1')).toBe(false);
});

test('people get lines', async () => {
  const { stdout } = await runCli(['health', '--url', db.url, '--dir', folder.dir]);
  expect(stdout).toMatch(
    /^healthy: postgres@127\.0\.0\.1:\d+\/empty_[\s\S]*PostgreSQL 17[\s\S]*public\.big/,
  );
});

test('a database that cannot be reached is unhealthy, with the reason and no password', async () => {
  const { code, stdout } = await health(`postgres://postgres:hush@127.0.0.1:${await freePort()}/x`);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    healthy: false,
    error: expect.stringMatching(
      /Cannot connect to postgres@127\.0\.0\.1.*ECONNREFUSED.*npm start/,
    ),
  });
  expect(stdout).not.toContain('hush');
});

test('a wrong password is told as such', async () => {
  const wrong = db.url.replace('postgres:postgres@', 'postgres:wrong-one@');
  const { code, stdout } = await health(wrong);
  expect(code).toBe(1);
  expect(JSON.parse(stdout).error).toMatch(/password authentication failed/);
  expect(stdout).not.toContain('wrong-one');
});
