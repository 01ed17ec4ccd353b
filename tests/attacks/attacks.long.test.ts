/** While a stranger attacks, a broadcaster publishes, somebody watches and somebody signs in, undisturbed. */
import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { nginxRtmp } from '../functions/media-servers/nginx-rtmp.ts';
import { test as base, expect } from '../support/fixtures.ts';
import { callHook } from '../support/hook.ts';
import { callViewer } from '../support/watching.ts';
import { ATTACKS } from './strangers.ts';

const ROUNDS = 4;
const PASSWORD = 'a-long-enough-password';

/** The limit as it is by default; other tests sign in more often. */
const LIMITS = { SUPABASE_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS: '30' };

const test = base.extend('life', { scope: 'file' }, async ({ stack }) => {
  const { config, keys } = stack;
  const client = createClient(config.apiUrl, keys.publishable, { auth: { persistSession: false } });
  const email = `${randomUUID()}@example.com`;
  const signUp = await client.auth.signUp({ email, password: PASSWORD });
  if (signUp.error) throw signUp.error;
  const { data, error } = await client.rpc('create_stream', { title: 'A stream' });
  if (error) throw error;
  const [streamId, key] = (data.stream_key as string).split('?key=') as [string, string];
  /** Everything that must go on; throws at the first that does not. */
  const live = async (n: number, signsIn: boolean) => {
    const publisher = { streamId, key, id: nginxRtmp.publisherId(n), ip: '198.51.100.7' };
    for (const body of nginxRtmp.publish(publisher)) {
      expect(await callHook(stack, body)).toMatchObject({ status: 200 });
    }
    const joined = await callViewer(stack, { action: 'join', stream_id: streamId });
    expect(joined).toMatchObject({ status: 200, body: { viewer_token: expect.any(String) } });
    const beat = { action: 'beat', viewer_token: joined.body.viewer_token };
    expect(await callViewer(stack, beat)).toMatchObject({ status: 200 });
    if (signsIn) {
      const again = await client.auth.signInWithPassword({ email, password: PASSWORD });
      expect(again.error).toBeNull();
    }
    await callHook(stack, nginxRtmp.unpublish(publisher));
  };
  return { email, streamId, live };
});

test.override('stackEnv', LIMITS);

test('without an attack', async ({ life }) => {
  await life.live(1, true);
});

test.for(Object.entries(ATTACKS).map(([title, attack], n) => ({ title, attack, n })))(
  '$title',
  { timeout: 300_000 },
  async ({ attack, n }, { stack, stackSql, life }) => {
    const under = attack({ stack, email: life.email, streamId: life.streamId });
    try {
      for (let round = 0; round < ROUNDS; round++)
        await life.live(10 + n * ROUNDS + round, round === 0);
    } finally {
      await under.stop();
    }
    const { services } = await stack.status();
    expect(services.filter(({ ready, restarts }) => !ready || restarts > 0)).toEqual([]);
    const [log] = await stackSql`
      select count(*)::int as rows from private.admission_log
      where stream_id = ${life.streamId} and rule = 'stream_key_invalid'`;
    expect(log?.rows).toBeLessThanOrEqual(60); // 20 a minute
  },
);
