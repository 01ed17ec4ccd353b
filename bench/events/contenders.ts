/** The statements that are measured. Every connection appends to aggregates of its own, each in turn. */
import { randomUUID } from 'node:crypto';
import type { BenchDatabase } from '../support/bench-server.ts';
import type { Contender } from '../support/turns.ts';
import type { Parameter } from '../support/wire.ts';

export const AGGREGATES_PER_CONNECTION = 20;

const DATA = JSON.stringify({
  new: { title: 'Friday night in the studio', status: 'live', category: 'music', is_live: true },
});
const OWNER = randomUUID();
const METADATA = JSON.stringify({ actor_id: OWNER, actor_role: 'service_role' });

interface Turn {
  readonly id: string;
  /** Events that this aggregate has. */
  readonly version: number;
}

/** A contender that runs one statement for each next aggregate of a connection. */
function appending(
  name: string,
  url: string,
  statement: string,
  parameters: (turn: Turn, connection: number) => readonly Parameter[],
): Contender {
  const unit = (connection: number): ReturnType<Contender['unit']> => {
    const ids = Array.from({ length: AGGREGATES_PER_CONNECTION }, () => randomUUID());
    let count = 0;
    return (wire) => {
      const turn = {
        id: ids[count % ids.length] as string,
        version: Math.floor(count / ids.length),
      };
      count++;
      return wire.run(statement, parameters(turn, connection));
    };
  };
  return { name, url, unit };
}

const APPEND = `select * from public.append_event('Stream', $1, 'StreamUpdated', $2, $3, $4, $5)`;

/** `append_event`, with the expected version or without. */
export function append(name: string, { url }: BenchDatabase, expecting = false): Contender {
  return appending(name, url, APPEND, ({ id, version }) => [
    id,
    DATA,
    expecting ? version : null,
    OWNER,
    METADATA,
  ]);
}

/** The bare insert of the row that `append_event` writes. */
export function bareInsert(name: string, { url }: BenchDatabase): Contender {
  return appending(
    name,
    url,
    `insert into bench.event_log (id, aggregate_type, aggregate_id, version, event_type, event_data, metadata, user_id, created_at, hash)
     values (null, 'Stream', $1, $2, 'StreamUpdated', $3, $4, $5, clock_timestamp(), '\\x${'ab'.repeat(32)}')
     returning position, version`,
    ({ id, version }) => [id, version + 1, DATA, METADATA, OWNER],
  );
}

/** message-db's `write_message`, with one category for all connections or one for each. */
export function writeMessage(name: string, url: string, categoryEach: boolean): Contender {
  const run = randomUUID().slice(0, 8);
  const contender = appending(
    name,
    url,
    `select message_store.write_message(gen_random_uuid()::varchar, $1::varchar, 'StreamUpdated', $2::jsonb, $3::jsonb)`,
    ({ id }, connection) => [`bench${run}${categoryEach ? connection : ''}-${id}`, DATA, METADATA],
  );
  return { ...contender, settings: { search_path: 'message_store,public' } };
}
