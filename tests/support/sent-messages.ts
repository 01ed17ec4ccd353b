/** What the database sends over Realtime, as rows of `realtime.messages`. */
import type { TestDatabase } from './database.ts';

export interface SentMessage {
  readonly topic: string;
  readonly event: string;
  readonly payload: Record<string, unknown>;
  readonly private: boolean;
}

/** What was sent on a topic, oldest first. */
export function sentOn({ superuser }: TestDatabase, topic: string) {
  return superuser<SentMessage[]>`
    select topic, event, payload, private from realtime.messages where topic = ${topic}
    order by inserted_at, (payload ->> 'position')::bigint`;
}
