/** A stack with many streams, and people who use it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { HookClient, type HookSubject } from '../../stack/media/hook-client.ts';
import { startStack, type TestStack } from '../../tests/support/stack.ts';

const STREAMS = 100_000;
const PAUSE_MS = 50;
const PASSWORD = 'a-long-enough-password';
/** So few that no limit of sign-ins is reached. */
const SIGN_INS_A_TURN = 4;

type Action = () => Promise<void>;

async function timed(action: Action): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

const withoutSession = { auth: { persistSession: false, autoRefreshToken: false } };

async function openBroadcaster({ config, keys }: TestStack) {
  const client = createClient(config.apiUrl, keys.publishable, withoutSession);
  const account = { email: `${randomUUID()}@example.com`, password: PASSWORD };
  const { data, error } = await client.auth.signUp(account);
  if (error) throw error;
  const made = await client.rpc('create_stream', { title: 'live' });
  if (made.error) throw made.error;
  const [name, key] = made.data.stream_key.split('?key=');
  const query = new URLSearchParams({ secret: keys.ingestSecret, server: 'bench' });
  const hooks = new HookClient(`${config.apiUrl}/functions/v1/ingest?${query}`, 'bench');
  return { client, account, hooks, userId: data.user?.id, name, key };
}

/** Streams without their history, which a benchmark of reading has no use for. */
async function fillStreams(sql: Sql, userId: string | undefined): Promise<void> {
  await sql`alter table public.streams disable trigger user`;
  await sql`
    insert into public.streams (user_id, title, visibility)
    select ${userId as string}, 'stream ' || n || repeat(' of a long name', 5), 'public'
    from generate_series(1, ${STREAMS}) as n`;
  await sql`alter table public.streams enable trigger user`;
  await sql`vacuum analyze public.streams`;
}

/**
 * Starts the stack; `live` has the people publish, sign in and look, and says how long
 * each took; `refused` are the reasons of publishes that were refused.
 */
export async function openHonestPeople() {
  const stack = await startStack({ env: { STREAMBED_WORKERS: '0' } });
  const sql = postgres(stack.config.dbUrl, { max: 1, onnotice() {} });
  const end = async () => {
    await sql.end();
    await stack.stop();
  };
  try {
    const { client, account, hooks, userId, name, key } = await openBroadcaster(stack);
    await fillStreams(sql, userId);
    const anonymous = createClient(stack.config.apiUrl, stack.keys.publishable, withoutSession);

    const refused: string[] = [];
    const publish = async (subject: HookSubject) => {
      const verdict = await hooks.askPublish(subject);
      if (!verdict.isAllowed) refused.push(verdict.rule);
      return verdict.isAllowed;
    };
    const signIn = async () => {
      const { error } = await client.auth.signInWithPassword(account);
      if (error) throw error;
    };
    const look = async () => {
      const page = anonymous.from('streams').select().order('created_at', { ascending: false });
      const { error } = await page.limit(20);
      if (error) throw error;
    };

    const live = async (publishes: number) => {
      const took = { publish: [] as number[], 'sign-in': [] as number[], page: [] as number[] };
      for (let n = 0; n < publishes; n++) {
        const subject: HookSubject = {
          ...{ id: randomUUID(), ip: '127.0.0.1:50000', name, protocol: 'rtmp' },
          ...{ createtime: Date.now(), query: { key } },
        };
        let isOn = false;
        const publishNow = async () => {
          isOn = await publish(subject);
        };
        took.publish.push(await timed(publishNow));
        if (isOn) await hooks.tellEnd(subject, 0);
        if (n < SIGN_INS_A_TURN) took['sign-in'].push(await timed(signIn));
        took.page.push(await timed(look));
        await sleep(PAUSE_MS);
      }
      return took;
    };
    return { stack, live, refused, end };
  } catch (error) {
    await end();
    throw error;
  }
}
