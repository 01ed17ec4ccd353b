/** From start to stop: what `npm start`, `npm run status` and `npm run stop` say and do. */
import { readdirSync, readFileSync } from 'node:fs';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runNode } from '../support/cli.ts';
import { processTree, survivors } from '../support/processes.ts';
import { startStack, type TestStack } from '../support/stack.ts';

const SERVICES = [
  'postgres',
  'redis',
  'gateway',
  'functions',
  'realtime',
  'media',
  'scheduler',
  'worker',
];

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

async function statusCommand() {
  const { code, stdout } = await runNode(['stack/status.ts', '--json'], stack.env);
  return { code, status: JSON.parse(stdout) };
}

describe('a running stack', () => {
  test('has printed its addresses, its keys and how long it took', () => {
    const { config, keys } = stack;
    const output = stack.process.output();
    for (const part of [
      config.apiUrl,
      config.dbUrl,
      config.redisUrl,
      config.rtmpUrl,
      config.mediaUrl,
      keys.publishable,
      keys.secret,
    ]) {
      expect(output).toContain(part);
    }
    expect(output).toMatch(/ready after \d+\.\d s/);
  });

  test('is ready in exactly the documented JSON, with exit code 0', async () => {
    const { config, keys } = stack;
    const { code, status } = await statusCommand();
    expect(code).toBe(0);
    expect(status).toEqual({
      ready: true,
      api_url: config.apiUrl,
      publishable_key: keys.publishable,
      secret_key: keys.secret,
      db_url: config.dbUrl,
      redis_url: config.redisUrl,
      rtmp_url: config.rtmpUrl,
      media_url: config.mediaUrl,
      services: SERVICES.map((name) => ({
        name,
        ready: true,
        pid: expect.any(Number),
        restarts: 0,
      })),
    });
  });

  test('shows people a table of its services', async () => {
    const { code, stdout } = await runNode(['stack/status.ts'], stack.env);
    expect(code).toBe(0);
    expect(stdout).toContain('The stack is ready.');
    for (const name of SERVICES)
      expect(stdout).toMatch(new RegExp(`${name}\\s+ready\\s+\\d+\\s+0`));
  });

  test('refuses an option that it does not know, in one line', async () => {
    const { code, stderr } = await runNode(['stack/status.ts', '--jsno'], stack.env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Unknown option '--jsno'.*\n$/);
  });

  test('is seen at its true ports from a shell that has other settings', async () => {
    const { stdout } = await runNode(['stack/status.ts', '--json'], {
      ...stack.env,
      STREAMBED_PORT_BASE: '50000',
    });
    expect(JSON.parse(stdout)).toMatchObject({ ready: true, api_url: stack.config.apiUrl });
  });

  test('turns a second start away, and goes on', async () => {
    const before = await stack.status();
    const second = await runNode(['stack/main.ts'], stack.env);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain(`already running on ${stack.config.apiUrl}`);
    expect(second.stdout).toContain(`pid ${stack.process.pid}`);
    expect(await stack.status()).toEqual(before);
  });

  test('wrote its own addresses into the database', async () => {
    const sql = postgres(stack.config.dbUrl, { max: 1 });
    const rows = await sql`select key, value from private.settings
      where key in ('rtmp_url', 'playback_flv_url', 'playback_hls_url')`;
    await sql.end();
    expect(Object.fromEntries(rows.map(({ key, value }) => [key, value]))).toEqual({
      rtmp_url: stack.config.rtmpUrl,
      playback_flv_url: `${stack.config.mediaUrl}/live/{stream_id}.flv`,
      playback_hls_url: null,
    });
  });

  test('writes a log per service, and no secret into any', () => {
    const folder = `${stack.config.dataDir}/logs`;
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['postgres.log', 'redis.log']));
    const { secret, jwtSecret, ingestSecret } = stack.keys;
    for (const file of readdirSync(folder)) {
      const text = readFileSync(`${folder}/${file}`, 'utf8');
      for (const value of [secret, jwtSecret, ingestSecret]) expect(text).not.toContain(value);
    }
  });
});

describe('a stack that was stopped', () => {
  test('leaves no process, says that it is not running, and stops only once', async () => {
    const processes = processTree(stack.process.pid);
    expect(processes.length).toBeGreaterThan(SERVICES.length);

    const stop = await runNode(['stack/stop.ts'], stack.env);
    expect(stop).toMatchObject({ code: 0, stdout: 'The stack has stopped.\n' });
    expect(await stack.process.ended).toBe(0);
    expect(survivors(processes)).toEqual([]);

    const { code, status } = await statusCommand();
    expect(code).toBe(1);
    expect(status.ready).toBe(false);
    expect(status.services).toEqual(
      SERVICES.map((name) => ({ name, ready: false, pid: null, restarts: 0 })),
    );
    const again = await runNode(['stack/stop.ts'], stack.env);
    expect(again).toMatchObject({ code: 0, stdout: 'No stack is running.\n' });
  });
});
