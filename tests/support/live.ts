/** A stack with an encoder and a database connection: what the tests of broadcasts begin with. */
import type { Sql } from 'postgres';
import { openDatabase } from './broadcaster.ts';
import { createEncoder, type Encoder } from './encoder.ts';
import { startStack, type TestStack } from './stack.ts';

export interface LiveStack {
  readonly stack: TestStack;
  readonly sql: Sql;
  readonly encoder: Encoder;
  close(): Promise<void>;
}

export interface LiveStackOptions {
  /** Instead of a minute. */
  readonly graceSeconds?: number;
}

/** Starts all of it; `close` in `afterAll`. */
export async function startLiveStack({ graceSeconds }: LiveStackOptions = {}): Promise<LiveStack> {
  const stack = await startStack();
  const sql = openDatabase(stack);
  if (graceSeconds !== undefined) {
    await sql`update private.settings set value = ${sql.json(graceSeconds)}
      where key = 'ingest_reconnect_grace_seconds'`;
  }
  const encoder = await createEncoder();
  return {
    stack,
    sql,
    encoder,
    async close() {
      await encoder.close();
      await sql.end();
      await stack.stop();
    },
  };
}
