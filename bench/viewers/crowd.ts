/** A whole stack with live streams that viewers can join. */
import { fileURLToPath } from 'node:url';
import postgres, { type Sql } from 'postgres';
import { type CrowdViewer, openStreams } from '../../tests/support/crowd.ts';
import { startStack, type TestStack } from '../../tests/support/stack.ts';
import type { Post } from '../support/http-lane.ts';

const STREAMS = 50;
const FUNCTIONS = fileURLToPath(new URL('functions', import.meta.url));

export interface Crowd {
  readonly stack: TestStack;
  /** As `postgres`. */
  readonly sql: Sql;
  readonly streams: readonly string[];
  end(): Promise<void>;
}

/** A viewer's beat, as the gateway passes it on. */
export function beatOf({ token, address }: CrowdViewer): Post {
  return {
    path: '/functions/v1/viewer',
    headers: { 'x-real-ip': address },
    body: JSON.stringify({ action: 'beat', viewer_token: token }),
  };
}

/** Starts it, with no limit to a viewer's beats but the limits' work; `end` ends it. */
export async function openCrowd(): Promise<Crowd> {
  process.env.STREAMBED_MORE_FUNCTIONS = FUNCTIONS; // for the second host, see host.ts
  const stack = await startStack();
  const sql = postgres(stack.config.dbUrl, { max: 2, onnotice() {} });
  const end = async () => {
    await sql.end();
    await stack.stop();
  };
  try {
    await sql`update private.settings set value = '1000000' where key = 'viewer_beats_burst'`;
    return { stack, sql, streams: await openStreams(stack, sql, STREAMS), end };
  } catch (error) {
    await end();
    throw error;
  }
}
