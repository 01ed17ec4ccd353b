/** What the database sends over Realtime, as rows of `realtime.messages`. */
import type { TestDatabase } from './database.ts';

export interface SentMessage {
  readonly topic: string;
  readonly event: string;
  readonly payload: Record<string, unknown>;
  readonly private: boolean;
}

/** Makes what of Realtime's own objects the database lacks: `realtime.send` and a partition for now. */
export async function prepareRealtime({ superuser }: TestDatabase): Promise<void> {
  await superuser.unsafe(`do $do$
    begin
      if to_regprocedure('realtime.send(jsonb,text,text,boolean)') is null then
        create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
        language sql as 'insert into realtime.messages (payload, event, topic, private, extension) values ($1, $2, $3, $4, ''broadcast'')';
      end if;
      if not exists (select from pg_inherits where inhparent = 'realtime.messages'::regclass) then
        create table realtime.messages_probe partition of realtime.messages default;
      end if;
    end $do$`);
}

/** What was sent on a topic, oldest first. */
export function sentOn({ superuser }: TestDatabase, topic: string) {
  return superuser<SentMessage[]>`
    select topic, event, payload, private from realtime.messages where topic = ${topic}
    order by inserted_at, (payload ->> 'position')::bigint`;
}
