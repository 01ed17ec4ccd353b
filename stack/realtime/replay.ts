/** Messages of the database that a client asks for as it joins a private topic: those since a moment. */
import type { Sql } from 'postgres';
import type { Broadcast } from './frames.ts';
import { Refusal } from './identity.ts';
import type { JoinPayload } from './join-config.ts';
import type { Services } from './services.ts';

type Replay = NonNullable<JoinPayload['config']['broadcast']['replay']>;

const MAX_MESSAGES = 25;

interface StoredMessage {
  readonly id: string;
  readonly event: string;
  readonly payload: string | null;
  readonly binary_payload: Buffer | null;
}

const refusal = (why: string) => new Refusal('UnableToReplayMessages', why);

function readMessages(sql: Sql, topic: string, since: number, count: number) {
  return sql<StoredMessage[]>`
    select id, event, payload::text, binary_payload from realtime.messages
    where topic = ${topic} and private and extension = 'broadcast'
      and inserted_at >= to_timestamp(${since}::float8 / 1000) at time zone 'UTC'
      and inserted_at < now() at time zone 'UTC' + interval '1 minute'
    order by inserted_at desc, ctid desc limit ${count}`;
}

/**
 * @returns the newest messages since the moment, oldest first
 * @throws Refusal for a public topic, for words that do not say since when, and when the database fails
 */
export async function readReplay(
  { sql, log }: { readonly sql: Sql } & Pick<Services, 'log'>,
  topic: string,
  isPrivate: boolean,
  { since, limit }: Replay,
): Promise<Broadcast[]> {
  if (!isPrivate) throw refusal('Replay is not allowed for public channels');
  if (typeof since !== 'number') throw refusal('Replay params are not valid');
  const count = Math.max(1, Math.min(limit ?? MAX_MESSAGES, MAX_MESSAGES));
  const messages = await readMessages(sql, topic, since, count).catch((error: Error) => {
    log(`a replay: ${error.message}`);
    throw refusal('Realtime was unable to replay messages');
  });
  return messages.reverse().flatMap(({ id, event, payload, binary_payload }) => {
    const body = binary_payload ?? payload;
    return body === null ? [] : [{ event, body, meta: { id, replayed: true } }];
  });
}
