/** Live streams in a real stack and viewers who have joined them through the function. */
import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import postgres, { type Sql } from 'postgres';
import { startStack, type TestStack } from '../../tests/support/stack.ts';
import type { Post } from '../support/http-lane.ts';

const FUNCTIONS_FOLDER = new URL('functions', import.meta.url).pathname;
const STREAMS = 50;
const JOINING_AT_ONCE = 16;

export interface Crowd {
  readonly stack: TestStack;
  readonly sql: Sql;
  readonly streams: readonly string[];
  /** Has this many more viewers join, in turn over the streams; returns each one's beat. */
  join(count: number): Promise<Post[]>;
  end(): Promise<void>;
}

/** Nothing in the way of many viewers from one machine: broadcasts without an encoder that do not end. */
const SETTINGS = {
  ingest_lease_seconds: 86_400,
  default_streams_allowed: STREAMS,
  viewer_beats_burst: 1_000_000,
};

async function openStreams(stack: TestStack, sql: Sql): Promise<string[]> {
  for (const [key, value] of Object.entries(SETTINGS)) {
    await sql`update private.settings set value = ${sql.json(value)} where key = ${key}`;
  }
  const [owner] =
    await sql`insert into auth.users (id, email) values (${randomUUID()}, 'bench@example.com') returning id`;
  const server = createClient(stack.config.apiUrl, stack.keys.secret);
  const ids: string[] = [];
  for (let n = 0; n < STREAMS; n++) {
    const [stream] = await sql`
      insert into public.streams (user_id, title) values (${owner?.id}, 'bench') returning id`;
    const [made] = await sql`select private.create_stream_key(${stream?.id}) as stream_key`;
    const [, key] = made?.stream_key.split('?key=') ?? [];
    const publisher = { media_server: 'bench', publisher_id: randomUUID() };
    const begun = await server.rpc('begin_ingest', { ...publisher, stream_id: stream?.id, key });
    if (!begun.data?.admitted) throw new Error(JSON.stringify(begun));
    ids.push(stream?.id);
  }
  return ids;
}

/** A beat as a gateway passes it on: each viewer has an address. */
function beatOf(token: string, viewer: number): Post {
  return {
    path: '/functions/v1/viewer',
    headers: { 'x-real-ip': addressOf(viewer) },
    body: JSON.stringify({ action: 'beat', viewer_token: token }),
  };
}

function addressOf(viewer: number): string {
  return `10.${(viewer >> 16) & 255}.${(viewer >> 8) & 255}.${viewer & 255}`;
}

/** Starts a stack with live streams; `end` ends it. */
export async function gatherCrowd(): Promise<Crowd> {
  process.env.STREAMBED_MORE_FUNCTIONS = FUNCTIONS_FOLDER; // read here too, for the second host
  const stack = await startStack({ env: { STREAMBED_MORE_FUNCTIONS: FUNCTIONS_FOLDER } });
  const sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  const end = async () => {
    await sql.end();
    await stack.stop();
  };
  try {
    const streams = await openStreams(stack, sql);
    let joined = 0;
    const joinNext = async (): Promise<Post> => {
      const viewer = joined++;
      const answer = await fetch(`${stack.config.functionsUrl}/functions/v1/viewer`, {
        method: 'POST',
        headers: { apikey: stack.keys.publishable, 'x-real-ip': addressOf(viewer) },
        body: JSON.stringify({ action: 'join', stream_id: streams[viewer % streams.length] }),
      });
      const body = await answer.json();
      if (answer.status !== 200 || body.degraded) throw new Error(JSON.stringify(body));
      return beatOf(body.viewer_token, viewer);
    };
    const join = async (count: number): Promise<Post[]> => {
      const beats: Post[] = [];
      const joiner = async () => {
        while (count-- > 0) beats.push(await joinNext());
      };
      await Promise.all(Array.from({ length: JOINING_AT_ONCE }, joiner));
      return beats;
    };
    return { stack, sql, streams, join, end };
  } catch (error) {
    await end();
    throw error;
  }
}
