/** Edge functions as applications call them: one form for every refusal. */
import { createClient } from '@supabase/supabase-js';
import { callFunction } from '../../client/call-function.ts';
import { anonymousClient } from '../support/broadcaster.ts';
import { expect, test } from '../support/fixtures.ts';
import { freePort } from '../support/free-port.ts';
import { goLive } from '../support/watching.ts';

test.override('stackEnv', { STREAMBED_WORKERS: '0' });

test('an answer is the data', async ({ stack }) => {
  const { streamId } = await goLive(stack);
  const join = { action: 'join', stream_id: streamId };
  expect(await callFunction(anonymousClient(stack), 'viewer', join)).toEqual({
    data: { viewer_token: expect.any(String), heartbeat_seconds: 15, viewers: 1 },
    error: null,
  });
});

test('a refusal of the database and one of the function have the same four fields', async ({
  stack,
}) => {
  const client = anonymousClient(stack);
  const unknown = { action: 'join', stream_id: crypto.randomUUID() };
  const refusals = [
    { body: unknown, details: 'stream_not_found' },
    { body: {}, details: 'request_malformed' },
  ];
  for (const { body, details } of refusals) {
    expect(await callFunction(client, 'viewer', body)).toEqual({
      data: null,
      error: {
        code: expect.any(String),
        message: expect.any(String),
        details,
        hint: expect.any(String),
      },
    });
  }
});

test('that no answer came is a refusal without a code', async () => {
  const nowhere = createClient(`http://127.0.0.1:${await freePort()}`, 'sb_publishable_x');
  expect(await callFunction(nowhere, 'viewer', {})).toEqual({
    data: null,
    error: { code: '', message: expect.any(String), details: null, hint: null },
  });
});
