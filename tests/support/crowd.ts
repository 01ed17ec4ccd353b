/** Many viewers of many live streams in a real stack, who have joined through the function. */
import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import type { Sql } from 'postgres';
import type { TestStack } from './stack.ts';

const JOINING_AT_ONCE = 16;

export interface CrowdViewer {
  readonly streamId: string;
  readonly token: string;
  /** As the gateway in front of the functions would see it: each viewer has an address. */
  readonly address: string;
}

/** Makes streams of one owner, all of them live for as long as the test goes on, without an encoder. */
export async function openStreams(stack: TestStack, sql: Sql, count: number): Promise<string[]> {
  await sql`update private.settings set value = '86400' where key = 'ingest_lease_seconds'`;
  await sql`update private.settings set value = ${sql.json(count)} where key = 'default_streams_allowed'`;
  const [owner] = await sql`
    insert into auth.users (id, email) values (${randomUUID()}, ${`${randomUUID()}@example.com`}) returning id`;
  const server = createClient(stack.config.apiUrl, stack.keys.secret);
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const [stream] = await sql`
      insert into public.streams (user_id, title) values (${owner?.id}, 'crowded') returning id`;
    const [made] = await sql`select private.create_stream_key(${stream?.id}) as stream_key`;
    const [, key] = made?.stream_key.split('?key=') ?? [];
    const publisher = { media_server: 'elsewhere', publisher_id: randomUUID() };
    const begun = await server.rpc('begin_ingest', { ...publisher, stream_id: stream?.id, key });
    if (!begun.data?.admitted) throw new Error(JSON.stringify(begun));
    ids.push(stream?.id);
  }
  return ids;
}

const addressOf = (n: number) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

/** Runs `work` for each item, sixteen at a time. */
export async function forAll<Item, Done>(
  items: readonly Item[],
  work: (item: Item) => Promise<Done>,
): Promise<Done[]> {
  const done: Done[] = [];
  const rest = items.entries();
  const worker = async () => {
    for (const [n, item] of rest) done[n] = await work(item);
  };
  await Promise.all(Array.from({ length: JOINING_AT_ONCE }, worker));
  return done;
}

/** Asks the function without a gateway, which would overwrite the address. */
async function ask(stack: TestStack, address: string, body: Record<string, string>) {
  const answer = await fetch(`${stack.config.functionsUrl}/functions/v1/viewer`, {
    method: 'POST',
    headers: { apikey: stack.keys.publishable, 'x-real-ip': address },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (answer.status === 200) return said;
  throw new Error(`viewer answered ${answer.status} ${JSON.stringify(said)}`);
}

/**
 * Has this many viewers join, in turn over the streams.
 * @param from the first one's number, which its address is made of
 */
export function gather(
  stack: TestStack,
  streams: readonly string[],
  count: number,
  from = 0,
): Promise<CrowdViewer[]> {
  const numbers = Array.from({ length: count }, (_, n) => from + n);
  return forAll(numbers, async (n) => {
    const streamId = streams[n % streams.length] as string;
    const address = addressOf(n);
    const said = await ask(stack, address, { action: 'join', stream_id: streamId });
    if (said.degraded) throw new Error('viewers join while Redis is away');
    return { streamId, address, token: said.viewer_token };
  });
}

/** One beat of a viewer: how many it is told there are; null while Redis is away. */
export async function beatOnce(
  stack: TestStack,
  { token, address }: CrowdViewer,
): Promise<number | null> {
  const said = await ask(stack, address, { action: 'beat', viewer_token: token });
  return said.degraded ? null : said.viewers;
}
