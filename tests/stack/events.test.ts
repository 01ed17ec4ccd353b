/** The event log as applications use it: through supabase-js. */
import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import type { Database } from '../../types/database.ts';
import { signUpBroadcaster } from '../support/broadcaster.ts';
import { test as base, expect } from '../support/fixtures.ts';

/** `server`: a client with the secret key. */
const test = base.extend('server', { scope: 'file' }, ({ stack }) =>
  createClient<Database>(stack.config.apiUrl, stack.keys.secret),
);

test('a user reads the history of what is theirs, and of nobody else', async ({ stack }) => {
  const { client, userId: id } = await signUpBroadcaster(stack);
  await client.rpc('create_stream', { title: 'My stream' });
  const { data, error } = await client.rpc('get_audit_trail', { user_id: id });
  expect(error).toBeNull();
  expect(data?.[0]).toMatchObject({
    event_type: 'StreamCreated',
    version: 1,
    user_id: id,
    event_data: { new: { title: 'My stream', status: 'idle' } },
    metadata: { actor_id: id, actor_role: 'authenticated' },
  });
  expect(data?.[0]?.position).toBeTypeOf('number');
  const stranger = await signUpBroadcaster(stack);
  const refused = await stranger.client.rpc('get_audit_trail', { user_id: id });
  expect(refused.status).toBe(403);
  expect(refused.error).toMatchObject({ code: 'PT403', details: 'audit_trail_forbidden' });
});

test('a server appends, is told of a conflict, reads, replays and consumes', async ({ server }) => {
  const aggregate = { aggregate_type: 'Order', aggregate_id: randomUUID() };
  const placed = { ...aggregate, event_type: 'OrderPlaced', event_data: { new: { total: 5 } } };
  const first = await server.rpc('append_event', { ...placed, expected_version: 0 });
  expect(first.error).toBeNull();
  expect(first.data).toMatchObject({ version: 1 });
  const conflict = await server.rpc('append_event', { ...placed, expected_version: 0 });
  expect(conflict.status).toBe(409);
  expect(conflict.error).toMatchObject({ details: 'version_conflict' });
  expect((await server.rpc('get_events', aggregate)).data).toHaveLength(1);
  expect((await server.rpc('replay', aggregate)).data).toEqual({ total: 5 });
  expect((await server.rpc('verify_events', aggregate)).data).toMatchObject({ valid: true });
  const { data: claimed } = await server.rpc('claim_events', {
    consumer: 'probe',
    max_count: 1000,
  });
  expect(claimed?.at(-1)).toMatchObject(placed);
  const { data: news, error: refusal } = await server.rpc('acknowledge_events', {
    consumer: 'probe',
    position: claimed?.at(-1)?.position ?? 0,
  });
  expect(refusal).toBeNull();
  expect(news).toBe(true);
  expect((await server.rpc('claim_events', { consumer: 'probe' })).data).toEqual([]);
});
