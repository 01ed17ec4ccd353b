/** Broadcasters of a test's stack: accounts, streams and sessions, as clients and admins see them. */
import { randomBytes } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { waitUntil } from '../../lib/wait.ts';
import type { TestStack } from './stack.ts';

const PATIENCE_MS = 60_000;

export interface OwnStream {
  readonly id: string;
  /** The secret alone. */
  readonly key: string;
  /** Where an encoder pushes to. */
  readonly pushUrl: string;
}

export interface Broadcaster {
  readonly client: SupabaseClient;
  readonly userId: string;
  createStream(visibility?: 'public' | 'unlisted' | 'private'): Promise<OwnStream>;
}

/** A row of `stream_sessions`, as far as tests look at it. */
export interface SessionRow {
  readonly id: string;
  readonly stream_id: string;
  readonly status: string;
  readonly media_server: string;
  readonly publisher_id: string;
  readonly client_ip: string | null;
  readonly disconnected_at: Date | null;
  readonly resumed_at: Date | null;
  readonly ended_reason: string | null;
  readonly last_seen_at: Date;
  readonly bytes_in: string;
}

/** What a supabase-js call gave; throws what it refused. */
export function unwrap<T>({ data, error }: { data: T; error: unknown }): NonNullable<T> {
  if (error) throw error;
  return data as NonNullable<T>;
}

/** A client that nobody has signed in to. */
export function anonymousClient({ config, keys }: TestStack): SupabaseClient {
  return createClient(config.apiUrl, keys.publishable, { auth: { persistSession: false } });
}

/** The stack's database as role `postgres`; end it in `afterAll`. */
export function openDatabase({ config }: TestStack): Sql {
  return postgres(config.dbUrl, { max: 2, onnotice() {} });
}

/** Signs up a broadcaster, who may run one stream at a time. */
export async function signUpBroadcaster(stack: TestStack): Promise<Broadcaster> {
  const client = anonymousClient(stack);
  const { user } = unwrap(
    await client.auth.signUp({
      email: `${randomBytes(6).toString('hex')}@example.com`,
      password: randomBytes(12).toString('hex'),
    }),
  );
  if (!user) throw new Error('the sign-up made no user');
  return {
    client,
    userId: user.id,
    async createStream(visibility = 'public') {
      const made = unwrap(await client.rpc('create_stream', { title: 'A test', visibility }));
      const { id } = made.stream;
      const key = made.stream_key.slice(`${id}?key=`.length);
      return { id, key, pushUrl: `${made.rtmp_url}/${made.stream_key}` };
    },
  };
}

/** The ingest sessions of a stream, oldest first. */
export async function sessionsOf(sql: Sql, streamId: string): Promise<SessionRow[]> {
  return await sql<SessionRow[]>`
    select * from public.stream_sessions where stream_id = ${streamId} order by created_at`;
}

/** Waits until the stream's newest session is as wanted, and returns it. */
export async function awaitSession(
  sql: Sql,
  streamId: string,
  wanted: (session: SessionRow) => boolean,
): Promise<SessionRow> {
  let last: SessionRow | undefined;
  const isWanted = async () => {
    last = (await sessionsOf(sql, streamId)).at(-1);
    return last !== undefined && wanted(last);
  };
  const came = await waitUntil(isWanted, { timeoutMs: PATIENCE_MS, intervalMs: 100 });
  if (came && last) return last;
  throw new Error(`the session stays at ${JSON.stringify(last)}`);
}
