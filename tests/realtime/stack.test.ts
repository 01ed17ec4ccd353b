/** Realtime as a service of the whole stack: what is committed arrives, whoever is killed. */
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Listener, listen } from '../support/realtime.ts';
import { startStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let sql: Sql;
let listener: Listener;

beforeAll(async () => {
  stack = await startStack();
  sql = postgres(stack.config.dbUrl, { max: 1, onnotice() {} });
  const client = createClient(stack.config.apiUrl, stack.keys.secret, {
    auth: { persistSession: false },
  });
  listener = await listen(client, 'numbers', { config: { private: true } });
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});

let last = 0;
async function say(count: number): Promise<void> {
  for (const end = last + count; last < end; last += 1) {
    await sql`select realtime.send(jsonb_build_object('n', ${last + 1}::int), 'said', 'numbers')`;
  }
}

/** The numbers as they came first: a message may come twice when a process is killed. */
function heard(): unknown[] {
  return [...new Set(listener.payloads.map(({ n }) => n))];
}

test.for(['realtime', 'postgres'])('nothing is lost by kill -9 of %s', async (service) => {
  await say(10);
  await stack.killAndAwaitRestart(service);
  await sql`select 1`.catch(() => {}); // a session of the server that was killed
  await say(10);
  await listener.until(() => heard().includes(last));
  expect(heard()).toEqual(Array.from({ length: last }, (_, index) => index + 1));
});

test('its slots are still there after a restart of the stack, and read to the end', async () => {
  stack.process.signal('SIGTERM');
  await stack.startAgain();
  await sql`select 1`.catch(() => {});
  const slots = await sql`
    select slot_name, active from pg_replication_slots order by slot_name`;
  expect(slots).toMatchObject([
    { slot_name: 'supabase_realtime_messages_slot', active: true },
    { slot_name: 'supabase_realtime_replication_slot', active: true },
  ]);
});
