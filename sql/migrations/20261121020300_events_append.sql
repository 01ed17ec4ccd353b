-- Events: appending.

create function private.check_aggregate(aggregate_type text, aggregate_id uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if coalesce(aggregate_type, '') !~ '^[A-Z][A-Za-z0-9]*$' or length(aggregate_type) > 80 then
    perform private.fail('aggregate_type_invalid',
      'aggregate_type must be a singular name such as Stream, of up to 80 letters and digits.');
  elsif aggregate_id is null then
    perform private.fail('aggregate_id_invalid', 'aggregate_id is required.');
  end if;
end
$$;
comment on function private.check_aggregate(text, uuid) is 'Raises aggregate_id_invalid, aggregate_type_invalid.';

create function private.check_event(event_type text, event_data jsonb, metadata jsonb)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform private.check_json('event_data', event_data);
  perform private.check_json('metadata', metadata);
  if coalesce(event_type, '') !~ '^[A-Z][A-Za-z0-9]*$' or length(event_type) > 80 then
    perform private.fail('event_type_invalid',
      'event_type must be a name in the past tense such as StreamStarted, of up to 80 letters and digits.');
  elsif jsonb_typeof(event_data) is distinct from 'object' or octet_length(event_data::text) > 262144 then
    perform private.fail('event_data_invalid', 'event_data must be a JSON object of up to 256 kB.');
  elsif jsonb_typeof(metadata) is distinct from 'object' or octet_length(metadata::text) > 16384 then
    perform private.fail('metadata_invalid', 'metadata must be a JSON object of up to 16 kB.');
  end if;
end
$$;
comment on function private.check_event(text, jsonb, jsonb) is
  'Raises event_data_invalid, event_type_invalid, metadata_invalid.';

create function private.create_head(aggregate_type text, aggregate_id uuid, expected_version bigint)
returns void
language plpgsql
set search_path = ''
as $$
declare
  known_version bigint;
begin
  perform private.check_aggregate(aggregate_type, aggregate_id);
  insert into private.event_heads (aggregate_type, aggregate_id, version, hash, last_event_at, snapshot_due)
  values (create_head.aggregate_type, create_head.aggregate_id, 0, '', '-infinity',
    private.setting_integer('events_per_snapshot'))
  on conflict do nothing;
  select version into known_version from private.event_heads as head
  where head.aggregate_type = create_head.aggregate_type and head.aggregate_id = create_head.aggregate_id;
  if known_version <> expected_version then
    perform private.fail('version_conflict', format('Expected version %s of %s %s, but it is at version %s.',
      expected_version, aggregate_type, aggregate_id, known_version));
  end if;
end
$$;
comment on function private.create_head(text, uuid, bigint) is
  'Makes the head of an aggregate without events, at version 0. Raises aggregate_id_invalid, aggregate_type_invalid, '
  'and version_conflict with both numbers where the aggregate is not at the expected version.';

create function private.follow_up(aggregate_type text, aggregate_id uuid, newest_position bigint)
returns void
language plpgsql
set search_path = ''
as $$
declare
  head private.event_heads;
begin
  select * into head from private.event_heads
  where event_heads.aggregate_type = follow_up.aggregate_type and event_heads.aggregate_id = follow_up.aggregate_id;
  if head.version >= head.snapshot_due then
    perform private.take_snapshot(head);
  end if;
  if newest_position % 1000 = 0 then
    perform private.extend_event_log();
  end if;
end
$$;
comment on function private.follow_up(text, uuid, bigint) is
  'What falls due now and then while appending: snapshots and partitions.';

create type public.appended_event as ("position" bigint, version bigint, created_at timestamptz);
comment on type public.appended_event is 'Where an event stands.';
comment on column public.appended_event."position" is 'Its place in the whole log.';
comment on column public.appended_event.version is 'Its place within the aggregate, from 1.';

create function private.write_event(
  aggregate_type text,
  aggregate_id uuid,
  event_type text,
  event_data jsonb,
  user_id uuid,
  metadata jsonb,
  expected_version bigint default null,
  event_id uuid default null,
  personal bytea default null
)
returns public.appended_event
language plpgsql
set search_path = ''
as $$
declare
  written public.appended_event;
  moment timestamptz := clock_timestamp();
  new_hash bytea;
  due_version bigint;
begin
  update private.event_heads as head
  set version = head.version + 1,
      last_event_at = greatest(head.last_event_at, moment),
      -- As hash_event, which proves it; written out, because a call would cost every append.
      hash = sha256(head.hash || convert_to(concat_ws(chr(30), head.aggregate_type, head.aggregate_id, head.version + 1,
          event_id, event_type, event_data, metadata, user_id, encode(personal, 'hex')), 'utf8')
        || timestamptz_send(greatest(head.last_event_at, moment)))
  where head.aggregate_type = write_event.aggregate_type and head.aggregate_id = write_event.aggregate_id
    and (expected_version is null or head.version = expected_version)
  returning head.version, head.last_event_at, head.hash, head.snapshot_due
  into written.version, written.created_at, new_hash, due_version;
  if not found then
    perform private.create_head(aggregate_type, aggregate_id, expected_version);
    return private.write_event(aggregate_type, aggregate_id, event_type, event_data, user_id, metadata,
      expected_version, event_id, personal);
  end if;
  -- The position is drawn after the head is locked: so it follows the versions, and so the transaction has its id
  -- before its positions, which is what settle_events builds on.
  insert into private.event_log (id, aggregate_type, aggregate_id, version, event_type, event_data, metadata, personal,
    user_id, created_at, hash)
  values (event_id, write_event.aggregate_type, write_event.aggregate_id, written.version, write_event.event_type,
    write_event.event_data, write_event.metadata, write_event.personal, write_event.user_id, written.created_at,
    new_hash)
  returning event_log.position into written.position;
  if written.version >= due_version or written.position % 1000 = 0 then
    perform private.follow_up(aggregate_type, aggregate_id, written.position);
  end if;
  return written;
end
$$;
comment on function private.write_event(text, uuid, text, jsonb, uuid, jsonb, bigint, uuid, bytea) is
  'Appends an event; everything that appends comes here. personal: the values that event_data says "erased" for, '
  'encrypted. Raises aggregate_id_invalid, aggregate_type_invalid, version_conflict.';

create function private.find_appended(event_id uuid)
returns public.appended_event
language plpgsql
set search_path = ''
as $$
declare
  appended public.appended_event;
begin
  perform pg_advisory_xact_lock(hashtextextended('event ' || event_id, 0));
  select log.position, log.version, log.created_at into appended from private.event_log as log where log.id = event_id;
  if not found and substr(event_id::text, 15, 4) = '8000' then
    select events.position, events.version, events.created_at into appended from private.events
    where events.position = ('x0000' || substr(event_id::text, 1, 8) || substr(event_id::text, 10, 4))::bit(64)::bigint
      and events.id = event_id;
  end if;
  return appended;
end
$$;
comment on function private.find_appended(uuid) is
  'Where the event with this id stands, or null. Of two transactions that append one id, the later waits here for the '
  'first.';

create function private.append_event(
  aggregate_type text,
  aggregate_id uuid,
  event_type text,
  event_data jsonb,
  expected_version bigint default null,
  user_id uuid default null,
  metadata jsonb default '{}',
  event_id uuid default null
)
returns public.appended_event
language plpgsql
security definer
set search_path = ''
as $$
declare
  known public.appended_event;
begin
  -- Checked in full only where this does not hold: it does nearly always, at a quarter of the cost.
  if (pg_column_size(event_data) + pg_column_size(metadata) <= 2048
    and jsonb_typeof(event_data) = 'object' and jsonb_typeof(metadata) = 'object'
    and not jsonb_path_exists(event_data, 'strict $.**{65}') and not jsonb_path_exists(metadata, 'strict $.**{65}')
    and ltrim(event_type, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ') = ''
    and ascii(event_type) between 65 and 90 and length(event_type) <= 80) is not true then
    perform private.check_event(event_type, event_data, metadata);
  end if;
  if event_id is not null then
    known := private.find_appended(event_id);
    if known.position is not null then
      return known;
    end if;
  end if;
  return private.write_event(aggregate_type, aggregate_id, event_type, event_data, user_id, metadata, expected_version,
    event_id);
end
$$;
comment on function private.append_event(text, uuid, text, jsonb, bigint, uuid, jsonb, uuid) is
  'Appends an event to an aggregate and returns where it stands. expected_version: the version that the caller '
  'decided on (0: none yet); null appends in any case. The same event_id again returns the first answer and writes '
  'nothing. Raises aggregate_id_invalid, aggregate_type_invalid, event_data_invalid, event_type_invalid, '
  'metadata_invalid, and version_conflict with both numbers. Callable by service_role.';
select private.publish_rpc('private.append_event(text, uuid, text, jsonb, bigint, uuid, jsonb, uuid)', 'service_role');

create function private.append_events(
  aggregate_type text,
  aggregate_id uuid,
  events jsonb,
  expected_version bigint default null
)
returns public.appended_event
language plpgsql
security definer
set search_path = ''
as $$
declare
  given jsonb;
  known_count integer;
  next_version bigint := expected_version;
  appended public.appended_event;
begin
  if coalesce(jsonb_typeof(events), '') <> 'array' or jsonb_array_length(events) not between 1 and 1000 then
    perform private.fail('events_invalid', 'events must be a JSON array of 1 to 1000 events.');
  end if;
  select count(*), max(known.position), max(known.version), max(known.created_at)
  into known_count, appended.position, appended.version, appended.created_at
  from jsonb_array_elements(events) as element, private.find_appended((element ->> 'event_id')::uuid) as known
  where element ->> 'event_id' is not null and known.position is not null;
  if known_count = jsonb_array_length(events) then
    return appended;
  elsif known_count > 0 then
    perform private.fail('event_id_conflict',
      format('%s of %s events have been appended before.', known_count, jsonb_array_length(events)));
  end if;
  for given in select element from jsonb_array_elements(events) as element loop
    appended := private.append_event(aggregate_type, aggregate_id, given ->> 'event_type', given -> 'event_data',
      next_version, (given ->> 'user_id')::uuid, coalesce(given -> 'metadata', '{}'), (given ->> 'event_id')::uuid);
    next_version := appended.version;
  end loop;
  return appended;
end
$$;
comment on function private.append_events(text, uuid, jsonb, bigint) is
  'Appends 1 to 1000 events, [{event_type, event_data, user_id, metadata, event_id}], to an aggregate, all or none, '
  'with consecutive versions; returns where the last one stands. The same event ids again return the first answer. '
  'Raises aggregate_id_invalid, aggregate_type_invalid, event_data_invalid, event_id_conflict (some ids are known, '
  'others not), event_type_invalid, events_invalid, metadata_invalid, version_conflict. Callable by service_role.';
select private.publish_rpc('private.append_events(text, uuid, jsonb, bigint)', 'service_role');
