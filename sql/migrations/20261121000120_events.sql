-- Events: the log of every state change, and appending to it. It is the audit trail, the outbox and the history at once.

insert into private.settings (key, value, comment) values
  ('events_per_partition', '5000000', 'Positions that a partition of the event log spans; at least 10000, for partitions to come.'),
  ('events_per_snapshot', '100', 'Events of an aggregate after which its state is snapshotted.');

create table private.event_heads (
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null,
  hash bytea not null,
  last_event_at timestamptz not null,
  snapshot_due bigint not null,
  primary key (aggregate_id, aggregate_type)
) with (fillfactor = 70);
comment on table private.event_heads is
  'The newest event of each aggregate. Its row is the lock under which an aggregate''s versions are given out without a gap.';
comment on column private.event_heads.hash is 'Hash of the newest event; the next one is chained to it.';
comment on column private.event_heads.snapshot_due is 'The version at which the next snapshot is taken.';

create table private.event_log (
  position bigint generated always as identity primary key,
  id uuid,
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null,
  event_type text not null,
  event_data jsonb not null,
  metadata jsonb not null,
  user_id uuid,
  created_at timestamptz not null,
  hash bytea not null
) partition by range (position);
comment on table private.event_log is
  'Every event, append-only. A partition spans a range of positions and is detached whole by archive_events.';
comment on column private.event_log.position is 'Global order; within an aggregate the order of its versions. Numbers of rolled-back transactions are missing.';
comment on column private.event_log.id is
  'The id that the caller gave; null: the event has the one that private.events makes of its position and its aggregate.';
comment on column private.event_log.version is 'Gapless within the aggregate, from 1.';
comment on column private.event_log.event_type is 'What happened, in the past tense: StreamStarted.';
comment on column private.event_log.event_data is
  'What changed: {"old": {…}, "new": {…}}. Replaying merges `new` into the state; `"new": null` ends it; without `new` the state stays.';
comment on column private.event_log.metadata is 'Who did it, {"actor_id", "actor_role"}, and what the application adds.';
comment on column private.event_log.user_id is 'Whose history it belongs to.';
comment on column private.event_log.hash is 'SHA-256 over the previous event''s hash and this event: see hash_event.';
create index event_log_aggregate_idx on private.event_log (aggregate_id, aggregate_type, version);
create index event_log_type_idx on private.event_log (aggregate_type, position);
create index event_log_user_idx on private.event_log (user_id, position desc) where user_id is not null;
create index event_log_id_idx on private.event_log (id) where id is not null;

create type public.event as (
  "position" bigint,
  id uuid,
  aggregate_type text,
  aggregate_id uuid,
  version bigint,
  event_type text,
  event_data jsonb,
  metadata jsonb,
  user_id uuid,
  created_at timestamptz
);
comment on type public.event is 'An event as readers get it.';
create view private.events as
  select position,
    coalesce(id, encode(substring(int8send(position), 3) || '\x8000' || substring(uuid_send(aggregate_id), 9), 'hex')::uuid) as id,
    aggregate_type, aggregate_id, version, event_type, event_data, metadata, user_id, created_at
  from private.event_log;
comment on view private.events is
  'The event log in the columns of public.event. An event without an id of its own has one of UUID version 8: 48 bits of its position, then the latter half of its aggregate''s id. '
  'It costs an append nothing, is found by its position, and sorts as the log does.';

-- Append-only ----------------------------------------------------------------------------------

create function private.refuse_event_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform private.fail(403, 'event_log_append_only', 'The event log can only be appended to.',
    'Append an event that says what is different now; archive_events detaches old partitions.');
  return null;
end
$$;
comment on function private.refuse_event_change() is 'Trigger: refuses update, delete and truncate for everybody, the owner included (PT403 event_log_append_only).';
create trigger event_log_append_only
  before update or delete on private.event_log
  for each row execute function private.refuse_event_change();
create trigger event_log_keep
  before truncate on private.event_log
  for each statement execute function private.refuse_event_change();

-- Partitions -----------------------------------------------------------------------------------

create table private.event_partitions (
  first_position bigint primary key,
  end_position bigint not null check (end_position > first_position),
  table_name text not null,
  detached_at timestamptz
);
comment on table private.event_partitions is 'Which table holds (or, once detached, held) the positions first_position <= position < end_position.';

create function private.extend_event_log()
returns void
language plpgsql
set search_path = ''
as $$
declare
  newest_position bigint := (select last_value from private.event_log_position_seq);
  span bigint := greatest(private.setting_integer('events_per_partition'), 10000);
  first_position bigint;
  table_name text;
begin
  while (select count(*) from private.event_partitions as known where known.first_position > newest_position) < 2 loop
    first_position := coalesce((select max(end_position) from private.event_partitions), 0);
    table_name := format('private.event_log_%s', first_position);
    execute format('create table %s (like private.event_log including defaults including constraints)', table_name);
    execute format('alter table private.event_log attach partition %s for values from (%s) to (%s)',
      table_name, first_position, first_position + span);
    execute format('create trigger event_log_keep before truncate on %s for each statement execute function private.refuse_event_change()', table_name);
    insert into private.event_partitions values (first_position, first_position + span, table_name);
  end loop;
end
$$;
comment on function private.extend_event_log() is
  'Makes partitions until two lie ahead of the newest position. Called by every thousandth append: no schedule has to run for the log to go on.';
select private.extend_event_log();

-- Appending ------------------------------------------------------------------------------------

create function private.is_announced(event_type text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return false;
end
$$;
comment on function private.is_announced(text) is
  'Is an event of this type told on by announce_event? Asked for each event of the database''s own; a later domain puts its types here in place of none.';

create function private.announce_event(event private.event_log)
returns void
language plpgsql
set search_path = ''
as $$
begin
end
$$;
comment on function private.announce_event(private.event_log) is
  'What else happens in the transaction that appends an event of the types in is_announced. A later domain puts it here in place of nothing.';

create function private.check_event(type_name text, target_id uuid, event_type text, event_data jsonb, metadata jsonb)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if coalesce(type_name, '') !~ '^[A-Z][A-Za-z0-9]*$' or length(type_name) > 80 then
    perform private.fail(400, 'aggregate_type_invalid', 'aggregate_type must be a singular name such as Stream, of up to 80 letters and digits.', 'Begin it with a capital.');
  elsif target_id is null then
    perform private.fail(400, 'aggregate_id_invalid', 'aggregate_id is required.', 'Give the aggregate''s uuid.');
  elsif coalesce(event_type, '') !~ '^[A-Z][A-Za-z0-9]*$' or length(event_type) > 80 then
    perform private.fail(400, 'event_type_invalid', 'event_type must be a name in the past tense such as StreamStarted, of up to 80 letters and digits.', 'Begin it with a capital.');
  elsif jsonb_typeof(event_data) is distinct from 'object' or octet_length(event_data::text) > 262144 then
    perform private.fail(400, 'event_data_invalid', 'event_data must be a JSON object of up to 256 kB.', 'Keep large data elsewhere and store its address here.');
  elsif jsonb_typeof(metadata) is distinct from 'object' or octet_length(metadata::text) > 16384 then
    perform private.fail(400, 'metadata_invalid', 'metadata must be a JSON object of up to 16 kB.', 'Give an object, {} for none.');
  end if;
end
$$;
comment on function private.check_event(text, uuid, text, jsonb, jsonb) is
  'Raises PT400 aggregate_type_invalid, aggregate_id_invalid, event_type_invalid, event_data_invalid or metadata_invalid.';

create function private.create_head(type_name text, target_id uuid, expected_version bigint)
returns void
language plpgsql
set search_path = ''
as $$
declare
  known_version bigint;
begin
  insert into private.event_heads (aggregate_type, aggregate_id, version, hash, last_event_at, snapshot_due)
  values (type_name, target_id, 0, '', '-infinity', private.setting_integer('events_per_snapshot'))
  on conflict do nothing;
  select version into known_version from private.event_heads where aggregate_type = type_name and aggregate_id = target_id;
  if known_version <> expected_version then
    perform private.fail(409, 'version_conflict',
      format('Expected version %s of %s %s, but it is at version %s.', expected_version, type_name, target_id, known_version),
      'Read the newer events, decide again, and append with the version that you saw.');
  end if;
end
$$;
comment on function private.create_head(text, uuid, bigint) is
  'Makes the head of an aggregate without events, at version 0. Raises PT409 version_conflict with both numbers where the aggregate is not at the expected version.';

create function private.follow_up(type_name text, target_id uuid, newest_position bigint)
returns void
language plpgsql
set search_path = ''
as $$
declare
  head private.event_heads;
begin
  select * into head from private.event_heads where aggregate_type = type_name and aggregate_id = target_id;
  if head.version >= head.snapshot_due then
    perform private.take_snapshot(head);
  end if;
  if newest_position % 1000 = 0 then
    perform private.extend_event_log();
  end if;
end
$$;
comment on function private.follow_up(text, uuid, bigint) is 'What falls due now and then while appending: snapshots and partitions.';

create type private.appended_event as ("position" bigint, version bigint);
comment on type private.appended_event is 'Where an event was put: its global position and its version within the aggregate.';

create function private.find_appended(event_id uuid)
returns private.appended_event
language plpgsql
set search_path = ''
as $$
declare
  appended private.appended_event;
begin
  perform pg_advisory_xact_lock(hashtextextended('event ' || event_id, 0));
  select event_log.position, event_log.version into appended from private.event_log where id = event_id;
  if not found and substr(event_id::text, 15, 4) = '8000' then
    select events.position, events.version into appended from private.events
    where events.position = ('x0000' || substr(event_id::text, 1, 8) || substr(event_id::text, 10, 4))::bit(64)::bigint and id = event_id;
  end if;
  return appended;
end
$$;
comment on function private.find_appended(uuid) is
  'Where the event with this id stands, or null. Of two transactions that append one id, the later waits here for the first.';

create function private.append_event(
  type_name text, target_id uuid, event_type text, event_data jsonb,
  expected_version bigint default null, user_id uuid default null, metadata jsonb default '{}', event_id uuid default null, is_trusted boolean default false
)
returns private.appended_event
language plpgsql
security definer
set search_path = ''
as $$
declare
  moment timestamptz := clock_timestamp();
  content text := concat_ws(chr(30), event_type, event_data, metadata, user_id);
  new_version bigint;
  new_hash bytea;
  due_version bigint;
  event_position bigint;
begin
  -- Checked in full only where this does not hold; the type and the id of the aggregate are checked with its head.
  if (is_trusted or octet_length(content) <= 16384 and jsonb_typeof(event_data) = 'object' and jsonb_typeof(metadata) = 'object'
    and ltrim(event_type, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ') = '' and ascii(event_type) between 65 and 90 and length(event_type) <= 80) is not true then
    perform private.check_event(type_name, target_id, event_type, event_data, metadata);
  end if;
  if event_id is not null then
    select known.position, known.version into event_position, new_version from private.find_appended(event_id) as known;
    if event_position is not null then
      return (event_position, new_version);
    end if;
  end if;
  update private.event_heads as head
  set version = head.version + 1,
      last_event_at = greatest(head.last_event_at, moment),
      -- As hash_event, which proves it; written out, because a call would cost every append.
      hash = sha256(head.hash || convert_to(concat_ws(chr(30), type_name, target_id, head.version + 1, event_id, content), 'utf8')
        || timestamptz_send(greatest(head.last_event_at, moment)))
  where head.aggregate_type = type_name and head.aggregate_id = target_id
    and (expected_version is null or head.version = expected_version)
  returning head.version, head.last_event_at, head.hash, head.snapshot_due into new_version, moment, new_hash, due_version;
  if not found then
    if not is_trusted then
      perform private.check_event(type_name, target_id, event_type, event_data, metadata);
    end if;
    perform private.create_head(type_name, target_id, expected_version);
    return private.append_event(type_name, target_id, event_type, event_data, expected_version, user_id, metadata, event_id, is_trusted);
  end if;
  -- The position is drawn after the head is locked: so it follows the versions, and so the transaction has its id
  -- before its positions, which is what settle_events builds on.
  insert into private.event_log (id, aggregate_type, aggregate_id, version, event_type, event_data, metadata, user_id, created_at, hash)
  values (event_id, type_name, target_id, new_version, event_type, event_data, metadata, user_id, moment, new_hash)
  returning event_log.position into event_position;
  if is_trusted and private.is_announced(event_type) then
    perform private.announce_event(row(event_position, event_id, type_name, target_id, new_version, event_type, event_data, metadata, user_id,
      moment, new_hash)::private.event_log);
  end if;
  if new_version >= due_version or event_position % 1000 = 0 then
    perform private.follow_up(type_name, target_id, event_position);
  end if;
  return (event_position, new_version);
end
$$;
comment on function private.append_event(text, uuid, text, jsonb, bigint, uuid, jsonb, uuid, boolean) is
  'See public.append_event; everything that appends comes here. is_trusted: the event is the database''s own, of any size.';
grant execute on function private.append_event(text, uuid, text, jsonb, bigint, uuid, jsonb, uuid, boolean) to service_role;

create function public.append_event(
  aggregate_type text,
  aggregate_id uuid,
  event_type text,
  event_data jsonb,
  expected_version bigint default null,
  user_id uuid default null,
  metadata jsonb default '{}',
  event_id uuid default null
)
returns table ("position" bigint, version bigint)
language plpgsql
set search_path = ''
as $$
declare
  appended private.appended_event := private.append_event(append_event.aggregate_type, append_event.aggregate_id, append_event.event_type,
    append_event.event_data, append_event.expected_version, append_event.user_id, append_event.metadata, append_event.event_id);
begin
  append_event."position" := appended."position";
  append_event.version := appended.version;
  return next;
end
$$;
comment on function public.append_event(text, uuid, text, jsonb, bigint, uuid, jsonb, uuid) is
  'Appends an event to an aggregate and returns its position and version. expected_version: the version that the caller decided on (0: none yet); null appends in any case. '
  'The same event_id again returns the first answer and writes nothing. '
  'Raises PT409 version_conflict with both numbers, PT400 <field>_invalid. Callable by service_role.';

create function private.append_events(type_name text, target_id uuid, events jsonb, expected_version bigint)
returns private.appended_event
language plpgsql
security definer
set search_path = ''
as $$
declare
  given jsonb;
  known_count integer;
  next_version bigint := expected_version;
  appended private.appended_event;
begin
  if coalesce(jsonb_typeof(events), '') <> 'array' or jsonb_array_length(events) not between 1 and 1000 then
    perform private.fail(400, 'events_invalid', 'events must be a JSON array of 1 to 1000 events.',
      'Give objects of event_type and event_data, and optionally user_id, metadata and event_id.');
  end if;
  select count(*), max(known.position), max(known.version) into known_count, appended.position, appended.version
  from jsonb_array_elements(events) as element, private.find_appended((element ->> 'event_id')::uuid) as known
  where element ->> 'event_id' is not null and known.position is not null;
  if known_count = jsonb_array_length(events) then
    return appended;
  elsif known_count > 0 then
    perform private.fail(409, 'event_id_conflict', format('%s of %s events have been appended before.', known_count, jsonb_array_length(events)),
      'Append the same events again, or events with new ids.');
  end if;
  for given in select element from jsonb_array_elements(events) as element loop
    appended := private.append_event(type_name, target_id, given ->> 'event_type', given -> 'event_data', next_version,
      (given ->> 'user_id')::uuid, coalesce(given -> 'metadata', '{}'), (given ->> 'event_id')::uuid);
    next_version := appended.version;
  end loop;
  return appended;
end
$$;
comment on function private.append_events(text, uuid, jsonb, bigint) is 'See public.append_events.';
grant execute on function private.append_events(text, uuid, jsonb, bigint) to service_role;

create function public.append_events(aggregate_type text, aggregate_id uuid, events jsonb, expected_version bigint default null)
returns table ("position" bigint, version bigint)
language plpgsql
set search_path = ''
as $$
begin
  return query select * from private.append_events(append_events.aggregate_type, append_events.aggregate_id,
    append_events.events, append_events.expected_version);
end
$$;
comment on function public.append_events(text, uuid, jsonb, bigint) is
  'Appends 1 to 1000 events, [{event_type, event_data, user_id, metadata, event_id}], to an aggregate, all or none, with consecutive versions; returns position and version of the last. '
  'The same event ids again return the first answer. Raises PT409 version_conflict, PT409 event_id_conflict (some ids are known, others not), PT400 events_invalid or <field>_invalid. '
  'Callable by service_role.';
