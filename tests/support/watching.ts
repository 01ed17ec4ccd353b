/** Broadcasts that are watched: streams that are live in a stack without an encoder, and their viewers. */
import { createClient } from '@supabase/supabase-js';
import type { Sql } from 'postgres';
import type { TestStack } from './stack.ts';

export interface Broadcast {
  readonly streamId: string;
  readonly sessionId: string;
  readonly ownerId: string;
  /** The owner's access token. */
  readonly ownerToken: string;
  /** What its media server asks with. */
  readonly publisher: Readonly<
    Record<'stream_id' | 'key' | 'media_server' | 'publisher_id', string>
  >;
  end(): Promise<void>;
}

export interface Account {
  readonly id: string;
  readonly token: string;
}

/** Signs somebody up. */
export async function signUp({ config, keys }: TestStack): Promise<Account> {
  const client = createClient(config.apiUrl, keys.publishable);
  const email = `${crypto.randomUUID()}@example.com`;
  const { data, error } = await client.auth.signUp({ email, password: 'a-long-enough-password' });
  if (error) throw error;
  return { id: data.user?.id as string, token: data.session?.access_token as string };
}

function clientOf({ config, keys }: TestStack, token: string) {
  const headers = { Authorization: `Bearer ${token}` };
  return createClient(config.apiUrl, keys.publishable, { global: { headers } });
}

/** Somebody new goes live; the database is asked as a media server would. */
export async function goLive(stack: TestStack, visibility = 'public'): Promise<Broadcast> {
  const owner = await signUp(stack);
  const made = await clientOf(stack, owner.token).rpc('create_stream', { title: 'A', visibility });
  if (made.error) throw made.error;
  const [id, key] = made.data.stream_key.split('?key=');
  const server = createClient(stack.config.apiUrl, stack.keys.secret);
  const publisher_id = crypto.randomUUID();
  const publisher = { stream_id: id, key, media_server: 'elsewhere', publisher_id };
  const begun = await server.rpc('begin_ingest', publisher);
  if (!begun.data?.admitted) throw new Error(JSON.stringify(begun));
  return {
    streamId: id,
    sessionId: begun.data.session_id,
    ownerId: owner.id,
    ownerToken: owner.token,
    publisher,
    async end() {
      await clientOf(stack, owner.token).rpc('disable_stream', { stream_id: id });
    },
  };
}

/** Has what viewers do stored every second instead of every ten; the scheduler sees that within two. */
export async function hurryFlush(sql: Sql): Promise<void> {
  await sql`update private.scheduled_jobs set schedule = '* * * * * *' where name = 'flush-viewers'`;
}

export interface ViewerAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: {
    readonly viewer_token: string;
    readonly heartbeat_seconds: number;
    readonly viewers: number;
    readonly degraded?: boolean;
    readonly code?: string;
    readonly details?: string;
    readonly hint?: string;
  };
}

/** Calls `viewer`; as somebody anonymous unless other headers are given. */
export async function callViewer(
  { config, keys }: TestStack,
  body: unknown,
  headers: Record<string, string> = { apikey: keys.publishable },
): Promise<ViewerAnswer> {
  const answer = await fetch(`${config.apiUrl}/functions/v1/viewer`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  const retryAfter = answer.headers.get('retry-after');
  return { status: answer.status, retryAfter, body: await answer.json() };
}
