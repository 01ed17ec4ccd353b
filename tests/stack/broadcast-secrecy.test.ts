/** After a whole broadcast, the key, the playback token and the hook's secret are nowhere to be read. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { awaitSession, type OwnStream, signUpBroadcaster, unwrap } from '../support/broadcaster.ts';
import { type LiveStack, startLiveStack } from '../support/live.ts';

let live: LiveStack;
let stream: OwnStream;
let secrets: Record<string, string>;
beforeAll(async () => {
  live = await startLiveStack({ graceSeconds: 1 });
  const { stack, sql, encoder } = live;
  const broadcaster = await signUpBroadcaster(stack);
  stream = await broadcaster.createStream('private');
  const push = encoder.push(stream.pushUrl);
  await awaitSession(sql, stream.id, ({ status }) => status === 'running');
  const playback = unwrap(await broadcaster.client.rpc('get_playback', { stream_id: stream.id }));
  const viewer = await fetch(playback.flv_url);
  expect(viewer.status).toBe(200);
  await viewer.body?.cancel();
  const misplaced = `${stack.config.rtmpUrl}/${stream.key}`; // the key where the stream belongs
  for (const url of [stream.pushUrl, `${stream.pushUrl}0`, misplaced]) {
    expect((await encoder.pushRefused(url)).code).not.toBe(0);
  }
  await push.stop();
  await awaitSession(sql, stream.id, ({ status }) => status === 'stopped');
  const token = new URL(playback.flv_url).searchParams.get('token') ?? '';
  secrets = { key: stream.key, token, hook: stack.keys.ingestSecret };
});
afterAll(() => live?.close());

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return entries.map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
}

test('not in a log', () => {
  const { dataDir } = live.stack.config;
  const logs = filesBelow(join(dataDir, 'logs')).concat(
    filesBelow(dataDir).filter((path) => path.endsWith('.log')),
  );
  const text = logs.map((path) => readFileSync(path, 'utf8')).join('\n');
  expect(text).toContain(stream.id); // these are the logs that tell of this broadcast
  for (const [name, secret] of Object.entries(secrets)) {
    expect(text.includes(secret), `the ${name} in a log`).toBe(false);
  }
});

test('not on the console', () => {
  const output = live.stack.process.output();
  for (const secret of Object.values(secrets)) expect(output.includes(secret)).toBe(false);
});

test('not in a table', async () => {
  const { sql } = live;
  const tables = await sql`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'private', 'auth', 'storage', 'realtime', 'extensions')`;
  expect(tables.length).toBeGreaterThan(10);
  for (const { name } of tables) {
    for (const secret of Object.values(secrets)) {
      const found = await sql`
        select 1 from ${sql.unsafe(name)} as row_of where strpos(row_of::text, ${secret}) > 0`;
      expect(found.length, name).toBe(0);
    }
  }
});

test('the record of a refusal shows no more than the beginning of the key', async () => {
  const rows = await live.sql`
    select distinct key_prefix from private.admission_log order by key_prefix`;
  for (const { key_prefix } of rows) expect(key_prefix.length).toBeLessThanOrEqual(8);
});
