-- What Realtime reads in a database: messages, to be delivered and to be authorized. Policies on the table are
-- written by migrations. Once per database.
create table if not exists realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  primary key (id, inserted_at)
) partition by range (inserted_at);
alter table realtime.messages add column if not exists binary_payload bytea;
alter table realtime.messages enable row level security;
create index if not exists messages_inserted_at_topic_index on realtime.messages
  (inserted_at desc, topic) where extension = 'broadcast' and private is true;

do $$
begin
  if not exists (select from pg_constraint
    where conrelid = 'realtime.messages'::regclass and conname = 'messages_payload_exclusive') then
    alter table realtime.messages add constraint messages_payload_exclusive
      check (payload is null or binary_payload is null);
  end if;
  if not exists (select from pg_publication where pubname = 'supabase_realtime_messages_publication') then
    create publication supabase_realtime_messages_publication for table realtime.messages
      with (publish = 'insert', publish_via_partition_root = true);
  end if;
end
$$;

-- Takes in what is sent on a day whose own partition is missing, so that it is not lost.
create table if not exists realtime.messages_default partition of realtime.messages default;

create or replace function realtime.topic() returns text
language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;
comment on function realtime.topic() is 'The topic that a client asks to join, in policies on realtime.messages.';

create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true)
returns void
language plpgsql as $$
declare
  message_id uuid := gen_random_uuid();
begin
  perform set_config('realtime.topic', send.topic, true);
  insert into realtime.messages (id, payload, event, topic, private, extension)
  values (
    message_id,
    case when send.payload ? 'id' then send.payload
      else jsonb_set(send.payload, '{id}', to_jsonb(message_id)) end,
    send.event, send.topic, send.private, 'broadcast');
exception when others then
  raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
end
$$;
comment on function realtime.send(jsonb, text, text, boolean) is
  'Broadcasts an event with an object as payload to a topic, once the transaction commits. '
  'A failure is a warning: it never fails the caller.';

create or replace function realtime.send_binary(payload bytea, event text, topic text, private boolean default true)
returns void
language plpgsql as $$
begin
  perform set_config('realtime.topic', send_binary.topic, true);
  insert into realtime.messages (binary_payload, event, topic, private, extension)
  values (send_binary.payload, send_binary.event, send_binary.topic, send_binary.private, 'broadcast');
exception when others then
  raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
end
$$;
comment on function realtime.send_binary(bytea, text, text, boolean) is
  'Like realtime.send, with bytes as payload.';

create or replace function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text,
  new record, old record, level text default 'ROW')
returns void
language plpgsql as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  if operation not in ('INSERT', 'UPDATE', 'DELETE') then
    raise exception 'Unexpected operation type: %', operation;
  end if;
  perform realtime.send(
    jsonb_build_object('old_record', old, 'record', new, 'operation', operation,
      'table', table_name, 'schema', table_schema),
    event_name, topic_name);
exception when others then
  raise exception 'Failed to process the row: %', sqlerrm;
end
$$;
comment on function realtime.broadcast_changes(text, text, text, text, text, record, record, text) is
  'For row triggers: broadcasts a row''s change to a private topic.';

-- Only here: on hosted Supabase the Realtime service itself looks after the partitions.
create or replace function realtime.keep_partitions(days_ahead int default 4, days_kept int default 3)
returns void
language plpgsql set search_path = '' set timezone = 'UTC' as $$
declare
  day date;
  partition text;
begin
  for day in select generate_series(current_date - 1, current_date + days_ahead, '1 day')::date loop
    partition := 'messages_' || to_char(day, 'YYYY_MM_DD');
    continue when to_regclass(format('realtime.%I', partition)) is not null;
    execute format('create table realtime.%I (like realtime.messages including all)', partition);
    execute format(
      'with moved as (
         delete from realtime.messages_default where inserted_at >= %1$L and inserted_at < %2$L returning *)
       insert into realtime.%3$I (%4$s) select %4$s from moved', day, day + 1, partition,
      'topic, extension, payload, event, private, updated_at, inserted_at, id, binary_payload');
    execute format('alter table realtime.messages attach partition realtime.%I for values from (%L) to (%L)',
      partition, day, day + 1);
  end loop;
  for partition in
    select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'realtime.messages'::pg_catalog.regclass and c.relname ~ '^messages_\d{4}_\d\d_\d\d$'
      and to_date(substr(c.relname, 10), 'YYYY_MM_DD') < current_date - days_kept
  loop
    execute format('drop table realtime.%I', partition);
  end loop;
  delete from realtime.messages_default where inserted_at < current_date - days_kept;
end
$$;
comment on function realtime.keep_partitions(int, int) is
  'Makes the coming days'' partitions of realtime.messages and drops those that are no longer kept.';

select realtime.keep_partitions();
revoke execute on function realtime.keep_partitions(int, int) from public;

select pg_temp.hand_over('realtime', 'supabase_realtime_admin');
grant create on schema realtime to supabase_realtime_admin;
grant usage on schema extensions to supabase_realtime_admin; -- for the checks of guard.sql
grant all on realtime.messages to postgres;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;

alter default privileges for role supabase_admin in schema realtime grant all on tables to postgres;
alter default privileges for role supabase_admin in schema realtime grant all on functions to postgres;
alter default privileges for role supabase_admin in schema realtime grant all on sequences to postgres;
