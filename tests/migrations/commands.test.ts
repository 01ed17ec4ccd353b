import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { createEmptyDatabase, type EmptyDatabase } from '../support/empty-database.ts';
import { createMigrationsFolder, type MigrationsFolder } from '../support/migrations-folder.ts';

let db: EmptyDatabase;
let folder: MigrationsFolder;
let names: string[];

beforeEach(async () => {
  db = await createEmptyDatabase();
  folder = createMigrationsFolder();
  names = [1, 2, 3].map((i) =>
    folder.write(i, `t${i}`, `create table t${i} (id int);`, `drop table t${i};`),
  );
});
afterEach(async () => {
  folder.remove();
  await db.drop();
});

const cli = (...args: string[]) => runCli([...args, '--dir', folder.dir], { DATABASE_URL: db.url });

async function states(): Promise<string[]> {
  const { stdout } = await cli('status', '--json');
  return JSON.parse(stdout).map(({ state }: { state: string }) => state);
}

test('migrate applies what is pending and says so, then has nothing to do', async () => {
  const first = await cli('migrate');
  expect(first.stdout.trim().split('\n')).toEqual(names.map((name) => `applied ${name}`));
  expect(first.code).toBe(0);
  expect(await cli('migrate')).toMatchObject({ code: 0, stdout: 'Nothing is pending.\n' });
});

test('status exits with 1 while something is pending and with 0 after', async () => {
  const before = await cli('status');
  expect(before.code).toBe(1);
  expect(before.stdout).toMatch(new RegExp(`${names[0]}\\s+pending`));
  await cli('migrate');
  const after = await cli('status');
  expect(after.code).toBe(0);
  expect(after.stdout).toMatch(new RegExp(`${names[2]}\\s+applied\\s+20`));
});

describe('rollback', () => {
  beforeEach(() => cli('migrate'));

  test('reverts the last one', async () => {
    expect(await cli('rollback')).toMatchObject({ code: 0, stdout: `reverted ${names[2]}\n` });
    expect(await states()).toEqual(['applied', 'applied', 'pending']);
  });

  test('--to NAME reverts what came after NAME, newest first, and keeps NAME', async () => {
    const { stdout } = await cli('rollback', '--to', `${names[0]}`);
    expect(stdout).toBe(`reverted ${names[2]}\nreverted ${names[1]}\n`);
    expect(await states()).toEqual(['applied', 'pending', 'pending']);
  });

  test('--to takes the version alone and the file too', async () => {
    await cli('rollback', '--to', `${names[1]?.slice(0, 14)}`);
    expect(await states()).toEqual(['applied', 'applied', 'pending']);
    await cli('rollback', '--to', `sql/migrations/${names[0]}.sql`);
    expect(await states()).toEqual(['applied', 'pending', 'pending']);
  });

  test('--to a name that is not applied changes nothing', async () => {
    const { code, stderr } = await cli('rollback', '--to', '20260101000099_nothing');
    expect(code).toBe(2);
    expect(stderr).toContain('20260101000099_nothing is not an applied migration');
    expect(await states()).toEqual(['applied', 'applied', 'applied']);
  });
});

describe('create', () => {
  test('makes a migration and its rollback, newer than all others', async () => {
    const { code, stdout } = await cli('create', 'Add', 'a', 'Thing!');
    const [up, down] = stdout.trim().split('\n') as [string, string];
    expect(code).toBe(0);
    expect(up).toMatch(/\/migrations\/\d{14}_add_a_thing\.sql$/);
    expect(down).toBe(up.replace('/migrations/', '/rollbacks/'));
    expect(existsSync(down)).toBe(true);
    writeFileSync(up, 'create table thing (id int);');
    writeFileSync(down, 'drop table thing;');
    expect((await cli('migrate')).stdout).toContain('_add_a_thing\n');
    expect((await cli('rollback')).stdout).toMatch(/^reverted \d{14}_add_a_thing\n$/);
  });

  test('two in the same second do not collide, and run untouched', async () => {
    await cli('create', 'one');
    await cli('create', 'two');
    expect((await cli('migrate')).stdout.trim().split('\n').slice(-2)).toEqual([
      expect.stringMatching(/_one$/),
      expect.stringMatching(/_two$/),
    ]);
    expect((await cli('rollback', '--to', `${names[2]}`)).code).toBe(0);
  });

  test('without a usable name nothing is written', async () => {
    expect((await cli('create')).code).toBe(2);
    expect((await cli('create', '!!!')).stderr).toContain('no letter or digit');
    expect(await states()).toHaveLength(3);
  });
});

describe('checks on the folder and the record', () => {
  const put = (dir: string, name: string) => writeFileSync(join(dir, name), 'select 1;');

  /** What migrate says of the folder, after which nothing was applied. */
  async function refusal(): Promise<string> {
    const { code, stderr } = await cli('migrate');
    expect({ code, health: (await cli('health')).code }).toEqual({ code: 2, health: 2 });
    return stderr;
  }

  test('a migration without its rollback is refused, by the path that it should have', async () => {
    put(folder.dir, '20260101000009_half.sql');
    expect(await refusal()).toMatch(
      /rollbacks\/20260101000009_half\.sql is missing: it is to undo .*migrations\/20260101000009_half\.sql/,
    );
  });

  test('a rollback without its migration is refused', async () => {
    put(folder.rollbacks, '20260101000009_half.sql');
    expect(await refusal()).toMatch(/rollbacks\/20260101000009_half\.sql has nothing to undo/);
  });

  test.each(['oops.sql', '20260101000009_x.up.sql', '2026_short.sql', '20260101000009_Loud.sql'])(
    '%s is refused, as migration and as rollback',
    async (name) => {
      put(folder.rollbacks, name);
      expect(await refusal()).toContain(`rollbacks/${name} is not named like a migration`);
      put(folder.dir, name);
      expect(await refusal()).toContain(`migrations/${name} is not named like a migration`);
    },
  );

  test('two of one version are refused, both by name', async () => {
    for (const name of ['20260101000009_one.sql', '20260101000009_two.sql']) {
      put(folder.dir, name);
      put(folder.rollbacks, name);
    }
    expect(await refusal()).toContain(
      '20260101000009_one and 20260101000009_two have the same version',
    );
  });

  test('a folder without rollbacks beside it is refused', async () => {
    rmSync(folder.rollbacks, { recursive: true });
    expect(await refusal()).toMatch(/Cannot read the folder .*rollbacks: ENOENT/);
  });

  test('a link to the folder does as well, its rollbacks and its seed are found', async () => {
    folder.writeSeed('insert into t1 values (1);');
    const link = join(folder.dir, '..', 'linked', 'migrations');
    mkdirSync(dirname(link));
    symlinkSync(folder.dir, link);
    const linked = (...args: string[]) =>
      runCli([...args, '--dir', link], { DATABASE_URL: db.url });
    expect((await linked('migrate', '--seed')).stdout).toMatch(/_t3\nseeded\n$/);
    expect((await linked('rollback')).stdout).toBe(`reverted ${names[2]}\n`);
  });

  test('a pending file older than an applied one is refused', async () => {
    await cli('migrate');
    folder.write(0, 'late', 'select 1;');
    const { code, stderr } = await cli('migrate');
    expect(code).toBe(2);
    expect(stderr).toContain('20260101000000_late is pending but older than 20260101000003_t3');
  });
});

test('an applied file that is edited is told by migrate and status, and reset cures it', async () => {
  await cli('migrate');
  folder.write(2, 't2', 'create table t2 (id bigint);', 'drop table t2;');
  const { code, stdout } = await cli('migrate');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining(`warning: ${names[1]} was edited after it was applied`),
  });
  expect(await states()).toEqual(['applied', 'edited', 'applied']);
  expect((await cli('status')).code).toBe(1);
  await cli('reset');
  expect(await states()).toEqual(['applied', 'applied', 'applied']);
});

test('another checkout with other line ends is not an edit', async () => {
  folder.write(3, 't3', 'create table t3 (\n  id int);\n', 'drop table t3;');
  await cli('migrate');
  folder.write(3, 't3', 'create table t3 (\r\n  id int);\r\n', 'drop table t3;');
  expect(await states()).toEqual(['applied', 'applied', 'applied']);
});

test('an applied migration whose file is gone is told, and nothing else is applied', async () => {
  await cli('migrate');
  for (const dir of [folder.dir, folder.rollbacks]) rmSync(join(dir, `${names[1]}.sql`));
  expect(await states()).toEqual(['applied', 'missing', 'applied']);
  folder.write(9, 'more', 'create table more (id int);');
  const { code, stderr } = await cli('migrate');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining(`The database has ${names[1]}, but its file is gone`),
  });
});

test('reset takes a migrated database back to a fresh, seeded one', async () => {
  folder.writeSeed('insert into t1 values (1);');
  await cli('migrate', '--seed');
  const { code, stdout } = await cli('reset');
  expect({ code, lines: stdout.trim().split('\n') }).toEqual({
    code: 0,
    lines: [
      ...names.toReversed().map((name) => `reverted ${name}`),
      ...names.map((name) => `applied ${name}`),
      'seeded',
    ],
  });
});

test('a failing seed file names its line and leaves nothing', async () => {
  folder.writeSeed('insert into t1 values (1);\ninsert into nowhere values (2);');
  const { code, stderr } = await cli('migrate', '--seed');
  expect(code).toBe(2);
  expect(stderr).toMatch(/seed\.sql:2: relation "nowhere" does not exist/);
  folder.writeSeed('select 1 / count(*) from t1;'); // divides by zero: nothing is in t1
  expect((await cli('migrate', '--seed')).stderr).toContain('division by zero');
});

test('reset elsewhere than on this machine asks for --yes before it connects', async () => {
  const { code, stderr } = await runCli([
    'reset',
    '--url',
    'postgres://postgres:hush@db.example.invalid/postgres',
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain('postgres@db.example.invalid/postgres; add --yes');
  expect(stderr).not.toContain('hush');
});

test('an unknown command or option shows the usage', async () => {
  expect(await runCli(['explode'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no command "explode"'),
  });
  expect((await runCli(['migrate', '--force'])).stderr).toContain('Usage:');
});
