-- Events: the state of an aggregate, now or at any earlier moment, from snapshots and the events after them; and the
-- proof that nobody has changed an event.

create table private.event_snapshots (
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null,
  state jsonb,
  hash bytea not null,
  created_at timestamptz not null,
  primary key (aggregate_type, aggregate_id, version)
);
comment on table private.event_snapshots is 'The state of an aggregate after one of its events, so that replaying need not begin at the first.';
comment on column private.event_snapshots.state is 'Null: the aggregate had ended.';
comment on column private.event_snapshots.hash is 'Hash of that event; the chain goes on from here where older events are archived.';
comment on column private.event_snapshots.created_at is 'When that event happened.';

create function private.nearest_snapshot(type_name text, target_id uuid, as_of timestamptz, at_version bigint)
returns private.event_snapshots
language plpgsql
stable
set search_path = ''
as $$
declare
  nearest private.event_snapshots;
begin
  select * into nearest from private.event_snapshots
  where aggregate_type = type_name and aggregate_id = target_id
    and version <= coalesce(at_version, 9223372036854775807) and created_at <= coalesce(as_of, 'infinity')
  order by version desc
  limit 1;
  return nearest;
end
$$;
comment on function private.nearest_snapshot(text, uuid, timestamptz, bigint) is 'The newest snapshot at or before a moment and a version.';

create function private.first_kept_version(type_name text, target_id uuid)
returns bigint
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(
    (select version from private.event_log where aggregate_type = type_name and aggregate_id = target_id order by version limit 1),
    (select version + 1 from private.event_heads where aggregate_type = type_name and aggregate_id = target_id),
    1);
end
$$;
comment on function private.first_kept_version(text, uuid) is
  'The first version of an aggregate whose event is not archived; one past its newest where all are.';

create function private.replay(type_name text, target_id uuid, as_of timestamptz, at_version bigint)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  base private.event_snapshots := private.nearest_snapshot(type_name, target_id, as_of, at_version);
  base_version bigint := coalesce(base.version, 0);
  state jsonb := base.state;
  event_data jsonb;
begin
  if not exists (select from private.event_log as e where e.aggregate_type = type_name and e.aggregate_id = target_id and e.version = base_version + 1)
    and base_version < private.first_kept_version(type_name, target_id) - 1 and coalesce(at_version, base_version + 1) > base_version then
    perform private.fail(410, 'events_archived', format('The events of %s %s from that time are archived.', type_name, target_id),
      'Ask for a later moment or version, or look into the archived partitions.');
  end if;
  for event_data in
    select e.event_data from private.event_log as e
    where e.aggregate_type = type_name and e.aggregate_id = target_id
      and e.version > base_version
      and e.version <= coalesce(at_version, 9223372036854775807) and e.created_at <= coalesce(as_of, 'infinity')
    order by e.version
  loop
    -- `new` is merged in; without it the state stays; after `"new": null` there is none.
    state := case
      when not event_data ? 'new' then state
      when jsonb_typeof(event_data -> 'new') = 'object' then coalesce(state, '{}') || (event_data -> 'new')
    end;
  end loop;
  return state;
end
$$;
comment on function private.replay(text, uuid, timestamptz, bigint) is 'See public.replay.';
grant execute on function private.replay(text, uuid, timestamptz, bigint) to service_role;

create function public.replay(aggregate_type text, aggregate_id uuid, as_of timestamptz default null, at_version bigint default null)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.replay(replay.aggregate_type, replay.aggregate_id, replay.as_of, replay.at_version);
end
$$;
comment on function public.replay(text, uuid, timestamptz, bigint) is
  'The state of an aggregate as of a moment, at a version, or now: the nearest snapshot plus the events after it. Null before its first event, and after its end. '
  'Raises PT410 events_archived for a time whose events have been archived. Callable by service_role.';

-- Snapshots ------------------------------------------------------------------------------------

create function private.take_snapshot(head private.event_heads)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into private.event_snapshots (aggregate_type, aggregate_id, version, state, hash, created_at)
  values (head.aggregate_type, head.aggregate_id, head.version,
    private.replay(head.aggregate_type, head.aggregate_id, null, head.version), head.hash, head.last_event_at)
  on conflict do nothing;
  update private.event_heads set snapshot_due = version + greatest(private.setting_integer('events_per_snapshot'), 1)
  where aggregate_type = head.aggregate_type and aggregate_id = head.aggregate_id;
end
$$;
comment on function private.take_snapshot(private.event_heads) is 'Snapshots an aggregate at its newest version. The caller has locked its head.';

create function private.create_snapshot(type_name text, target_id uuid, target_version bigint, given_state jsonb)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  snapshotted private.event_log;
begin
  select * into snapshotted from private.event_log
  where aggregate_type = type_name and aggregate_id = target_id and version = target_version;
  if not found then
    perform private.fail(404, 'event_not_found', format('There is no event %s of %s %s.', target_version, type_name, target_id),
      'Snapshot a version that get_events shows.');
  end if;
  insert into private.event_snapshots (aggregate_type, aggregate_id, version, state, hash, created_at)
  values (type_name, target_id, target_version, given_state, snapshotted.hash, snapshotted.created_at)
  on conflict do nothing;
  return found;
end
$$;
comment on function private.create_snapshot(text, uuid, bigint, jsonb) is 'See public.create_snapshot.';
grant execute on function private.create_snapshot(text, uuid, bigint, jsonb) to service_role;

create function public.create_snapshot(aggregate_type text, aggregate_id uuid, version bigint, state jsonb)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  return private.create_snapshot(create_snapshot.aggregate_type, create_snapshot.aggregate_id, create_snapshot.version, create_snapshot.state);
end
$$;
comment on function public.create_snapshot(text, uuid, bigint, jsonb) is
  'Stores an aggregate''s state after one of its events, as an application that folds events its own way computed it; true if there was none. '
  'Snapshots are also taken by themselves, every events_per_snapshot events. Raises PT404 event_not_found. Callable by service_role.';

create function private.get_snapshot(type_name text, target_id uuid, at_version bigint)
returns table (version bigint, state jsonb, created_at timestamptz)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return query
    select nearest.version, nearest.state, nearest.created_at
    from private.nearest_snapshot(type_name, target_id, null, at_version) as nearest
    where nearest.version is not null;
end
$$;
comment on function private.get_snapshot(text, uuid, bigint) is 'See public.get_snapshot.';
grant execute on function private.get_snapshot(text, uuid, bigint) to service_role;

create function public.get_snapshot(aggregate_type text, aggregate_id uuid, at_version bigint default null)
returns table (version bigint, state jsonb, created_at timestamptz)
language plpgsql
stable
set search_path = ''
as $$
begin
  return query select * from private.get_snapshot(get_snapshot.aggregate_type, get_snapshot.aggregate_id, get_snapshot.at_version);
end
$$;
comment on function public.get_snapshot(text, uuid, bigint) is
  'The newest snapshot of an aggregate, or the newest at or before a version; no row where there is none. Callable by service_role.';

-- Proof ----------------------------------------------------------------------------------------

create function private.hash_event(previous_hash bytea, event private.event_log)
returns bytea
language plpgsql
stable
set search_path = ''
as $$
begin
  return sha256(previous_hash
    || convert_to(concat_ws(chr(30), event.aggregate_type, event.aggregate_id, event.version, event.id,
      event.event_type, event.event_data, event.metadata, event.user_id), 'utf8')
    || timestamptz_send(event.created_at));
end
$$;
comment on function private.hash_event(bytea, private.event_log) is
  'What append_event writes as an event''s hash: SHA-256 over the previous event''s hash (empty for the first) and this event: aggregate type, aggregate id, version, id (where '
  'the caller gave one), event type, data, metadata and user (if any) as text, separated by U+001E, then created_at as eight bytes, microseconds since 2000.';

create function private.verify_events(type_name text, target_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  link private.event_log;
  head private.event_heads;
  chain_version bigint := 0;
  chain_hash bytea := ''::bytea;
  checked_count bigint := 0;
begin
  select * into head from private.event_heads where aggregate_type = type_name and aggregate_id = target_id;
  for link in
    select * from private.event_log where aggregate_type = type_name and aggregate_id = target_id order by version
  loop
    if checked_count = 0 then
      select version, hash into chain_version, chain_hash from private.event_snapshots
      where aggregate_type = type_name and aggregate_id = target_id and version < link.version
      order by version desc limit 1;
      chain_version := coalesce(chain_version, 0);
      chain_hash := coalesce(chain_hash, ''::bytea);
    end if;
    if link.version is distinct from chain_version + 1 or link.hash is distinct from private.hash_event(chain_hash, link) then
      return jsonb_build_object('valid', false, 'checked', checked_count, 'first_broken_version', chain_version + 1);
    end if;
    chain_version := link.version;
    chain_hash := link.hash;
    checked_count := checked_count + 1;
  end loop;
  if checked_count > 0 and (head.version, head.hash) is distinct from (chain_version, chain_hash)
    or checked_count = 0 and head.version > 0 and not exists (select from private.event_snapshots
      where aggregate_type = type_name and aggregate_id = target_id and version = head.version and hash = head.hash) then
    return jsonb_build_object('valid', false, 'checked', checked_count, 'first_broken_version', chain_version + 1);
  end if;
  return jsonb_build_object('valid', true, 'checked', checked_count, 'first_broken_version', null);
end
$$;
comment on function private.verify_events(text, uuid) is 'See public.verify_events.';
grant execute on function private.verify_events(text, uuid) to service_role;

create function public.verify_events(aggregate_type text, aggregate_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.verify_events(verify_events.aggregate_type, verify_events.aggregate_id);
end
$$;
comment on function public.verify_events(text, uuid) is
  'Computes an aggregate''s chain of hashes anew: {valid, checked, first_broken_version}. first_broken_version names the first event that was changed, removed or inserted. '
  'Callable by service_role.';
