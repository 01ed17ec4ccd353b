-- Events: the state of an aggregate, now or at any earlier moment, from snapshots and the events after them; and the
-- proof that nobody has changed an event.

create table private.event_snapshots (
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null,
  state jsonb,
  personal bytea,
  user_id uuid,
  hash bytea not null,
  created_at timestamptz not null,
  primary key (aggregate_type, aggregate_id, version)
);
comment on table private.event_snapshots is
  'The state of an aggregate after one of its events, so that replaying need not begin at the first.';
comment on column private.event_snapshots.state is 'Null: the aggregate had ended. Personal values are "erased" here.';
comment on column private.event_snapshots.personal is 'The personal values of the state, encrypted; null: none.';
comment on column private.event_snapshots.user_id is 'Whose key they are encrypted with.';
comment on column private.event_snapshots.hash is
  'Hash of that event; the chain goes on from here where older events are archived.';
comment on column private.event_snapshots.created_at is 'When that event happened.';

create function private.nearest_snapshot(
  aggregate_type text, aggregate_id uuid, as_of timestamptz, at_version bigint
)
returns private.event_snapshots
language plpgsql
stable
set search_path = ''
as $$
declare
  nearest private.event_snapshots;
begin
  select * into nearest from private.event_snapshots as known
  where known.aggregate_type = nearest_snapshot.aggregate_type and known.aggregate_id = nearest_snapshot.aggregate_id
    and known.version <= coalesce(at_version, 9223372036854775807) and known.created_at <= coalesce(as_of, 'infinity')
  order by known.version desc
  limit 1;
  return nearest;
end
$$;
comment on function private.nearest_snapshot(text, uuid, timestamptz, bigint) is
  'The newest snapshot at or before a moment and a version.';

create function private.check_kept(
  base private.event_snapshots, aggregate_type text, aggregate_id uuid, at_version bigint
)
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  base_version bigint := coalesce(base.version, 0);
  first_kept bigint;
begin
  if at_version <= base_version or exists (
    select from private.event_log as e where e.aggregate_type = check_kept.aggregate_type
      and e.aggregate_id = check_kept.aggregate_id and e.version = base_version + 1) then
    return;
  end if;
  first_kept := coalesce(
    (select version from private.event_log as e where e.aggregate_type = check_kept.aggregate_type
      and e.aggregate_id = check_kept.aggregate_id order by version limit 1),
    (select version + 1 from private.event_heads as head where head.aggregate_type = check_kept.aggregate_type
      and head.aggregate_id = check_kept.aggregate_id),
    1);
  if base_version < first_kept - 1 then
    perform private.fail('events_archived',
      format('The events of %s %s from that time are archived.', aggregate_type, aggregate_id));
  end if;
end
$$;
comment on function private.check_kept(private.event_snapshots, text, uuid, bigint) is
  'Raises events_archived where events after a snapshot (or after none) are needed that are no longer in the log.';

create type private.folded_state as (state jsonb, personal jsonb, user_id uuid);
comment on type private.folded_state is
  'A state with "erased" for personal values, those values, and whose they are. Both are null where there is no state.';

create function private.fold_events(
  base private.event_snapshots, aggregate_type text, aggregate_id uuid, as_of timestamptz, at_version bigint
)
returns private.folded_state
language plpgsql
stable
set search_path = ''
as $$
declare
  folded private.folded_state := (base.state, private.open_sealed(base.personal, base.user_id), base.user_id);
  step record;
begin
  for step in
    select e.event_data, e.personal, e.user_id from private.event_log as e
    where e.aggregate_type = fold_events.aggregate_type and e.aggregate_id = fold_events.aggregate_id
      and e.version > coalesce(base.version, 0)
      and e.version <= coalesce(at_version, 9223372036854775807) and e.created_at <= coalesce(as_of, 'infinity')
      and not private.is_unreadable(e.event_data)
    order by e.version
  loop
    -- `new` is merged in; without it the state stays; after `"new": null` there is none.
    if jsonb_typeof(step.event_data -> 'new') = 'object' then
      folded.state := coalesce(folded.state, '{}') || (step.event_data -> 'new');
      if step.personal is not null or folded.personal is not null then
        folded.personal := coalesce(folded.personal, '{}') - array(select jsonb_object_keys(step.event_data -> 'new'))
          || coalesce(private.open_sealed(step.personal, step.user_id) -> 'new', '{}');
        folded.user_id := coalesce(step.user_id, folded.user_id);
      end if;
    elsif step.event_data ? 'new' then
      folded := null;
    end if;
  end loop;
  return folded;
end
$$;
comment on function private.fold_events(private.event_snapshots, text, uuid, timestamptz, bigint) is
  'A snapshot''s state plus the events after it, up to a moment and a version. Data too deep to be read is passed '
  'over.';

create function private.replay(
  aggregate_type text,
  aggregate_id uuid,
  as_of timestamptz default null,
  at_version bigint default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  base private.event_snapshots := private.nearest_snapshot(aggregate_type, aggregate_id, as_of, at_version);
  folded private.folded_state;
begin
  perform private.check_kept(base, aggregate_type, aggregate_id, at_version);
  folded := private.fold_events(base, aggregate_type, aggregate_id, as_of, at_version);
  return folded.state || coalesce(folded.personal, '{}');
end
$$;
comment on function private.replay(text, uuid, timestamptz, bigint) is
  'The state of an aggregate as of a moment, at a version, or now: the nearest snapshot plus the events after it. '
  'Null before its first event, and after its end. Personal values of a user whose account is gone are "erased". '
  'Raises events_archived for a time whose events have been archived. Callable by service_role.';
select private.publish_rpc('private.replay(text, uuid, timestamptz, bigint)', 'service_role');

-- Snapshots ------------------------------------------------------------------------------------

create function private.store_snapshot(head private.event_heads)
returns void
language plpgsql
set search_path = ''
as $$
declare
  base private.event_snapshots :=
    private.nearest_snapshot(head.aggregate_type, head.aggregate_id, null, head.version);
  folded private.folded_state := private.fold_events(base, head.aggregate_type, head.aggregate_id, null, head.version);
begin
  insert into private.event_snapshots
    (aggregate_type, aggregate_id, version, state, personal, user_id, hash, created_at)
  values (head.aggregate_type, head.aggregate_id, head.version, folded.state,
    private.encrypt_personal(folded.personal, folded.user_id), folded.user_id, head.hash, head.last_event_at)
  on conflict do nothing;
end
$$;
comment on function private.store_snapshot(private.event_heads) is
  'Snapshots an aggregate at the event that its head, or what looks like one, names.';

create function private.take_snapshot(head private.event_heads)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.store_snapshot(head);
  update private.event_heads set snapshot_due = version + greatest(private.setting_integer('events_per_snapshot'), 1)
  where aggregate_type = head.aggregate_type and aggregate_id = head.aggregate_id;
end
$$;
comment on function private.take_snapshot(private.event_heads) is
  'Snapshots an aggregate at its newest version, and says when next. The caller has locked its head.';

create function private.create_snapshot(aggregate_type text, aggregate_id uuid, version bigint, state jsonb)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  snapshotted private.event_log;
begin
  perform private.check_json('state', state, 1048576);
  select * into snapshotted from private.event_log as e
  where e.aggregate_type = create_snapshot.aggregate_type and e.aggregate_id = create_snapshot.aggregate_id
    and e.version = create_snapshot.version;
  if not found then
    perform private.fail('event_not_found',
      format('There is no event %s of %s %s.', version, aggregate_type, aggregate_id));
  end if;
  insert into private.event_snapshots (aggregate_type, aggregate_id, version, state, hash, created_at)
  values (snapshotted.aggregate_type, snapshotted.aggregate_id, snapshotted.version, create_snapshot.state,
    snapshotted.hash, snapshotted.created_at)
  on conflict do nothing;
  return found;
end
$$;
comment on function private.create_snapshot(text, uuid, bigint, jsonb) is
  'Stores an aggregate''s state after one of its events, as an application that folds events its own way computed it; '
  'true if there was none. It is kept as it is, so leave personal values out. Snapshots are also taken by themselves, '
  'every events_per_snapshot events. Raises event_not_found, and state_invalid past 1 MB. Callable by service_role.';
select private.publish_rpc('private.create_snapshot(text, uuid, bigint, jsonb)', 'service_role');

create type public.event_snapshot as (version bigint, state jsonb, created_at timestamptz);
comment on type public.event_snapshot is 'The state of an aggregate after one of its events.';
comment on column public.event_snapshot.state is 'null: the aggregate had ended.';
comment on column public.event_snapshot.created_at is 'When that event happened.';

create function private.get_snapshot(aggregate_type text, aggregate_id uuid, at_version bigint default null)
returns setof public.event_snapshot
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return query
    select nearest.version, nearest.state || coalesce(private.open_sealed(nearest.personal, nearest.user_id), '{}'),
      nearest.created_at
    from private.nearest_snapshot(aggregate_type, aggregate_id, null, at_version) as nearest
    where nearest.version is not null;
end
$$;
comment on function private.get_snapshot(text, uuid, bigint) is
  'The newest snapshot of an aggregate, or the newest at or before a version; no row where there is none. Callable by '
  'service_role.';
select private.publish_rpc('private.get_snapshot(text, uuid, bigint)', 'service_role');

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
      event.event_type, event.event_data, event.metadata, event.user_id, encode(event.personal, 'hex')), 'utf8')
    || timestamptz_send(event.created_at));
end
$$;
comment on function private.hash_event(bytea, private.event_log) is
  'What write_event writes as an event''s hash: SHA-256 over the previous event''s hash (empty for the first) and '
  'this event: aggregate type, aggregate id, version, id (where the caller gave one), event type, data, metadata, '
  'user (if any) and the encrypted personal values (if any, in hex) as text, separated by U+001E, then created_at as '
  'eight bytes, microseconds since 2000.';

create type public.event_proof as (valid boolean, checked bigint, first_broken_version bigint);
comment on type public.event_proof is 'What verify_events found.';
comment on column public.event_proof.valid is 'Whether nobody changed, removed or inserted an event.';
comment on column public.event_proof.checked is 'How many events hold.';
comment on column public.event_proof.first_broken_version is 'The first event that does not; null: all do.';

create function private.verify_events(aggregate_type text, aggregate_id uuid)
returns public.event_proof
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  link private.event_log;
  head private.event_heads;
  base private.event_snapshots;
  chain_version bigint := 0;
  chain_hash bytea := ''::bytea;
  checked_count bigint := 0;
begin
  select * into head from private.event_heads
  where event_heads.aggregate_type = verify_events.aggregate_type
    and event_heads.aggregate_id = verify_events.aggregate_id;
  for link in
    select * from private.event_log as e
    where e.aggregate_type = verify_events.aggregate_type and e.aggregate_id = verify_events.aggregate_id
    order by e.version
  loop
    if checked_count = 0 and link.version > 1 then
      base := private.nearest_snapshot(aggregate_type, aggregate_id, null, link.version - 1);
      chain_version := coalesce(base.version, 0);
      chain_hash := coalesce(base.hash, ''::bytea);
    end if;
    if link.version <> chain_version + 1 or link.hash is distinct from private.hash_event(chain_hash, link) then
      return row(false, checked_count, chain_version + 1)::public.event_proof;
    end if;
    chain_version := link.version;
    chain_hash := link.hash;
    checked_count := checked_count + 1;
  end loop;
  if checked_count = 0 then
    base := private.nearest_snapshot(aggregate_type, aggregate_id, null, head.version);
    chain_version := coalesce(base.version, 0);
    chain_hash := coalesce(base.hash, ''::bytea);
  end if;
  if (checked_count > 0 or head.version > 0)
    and (head.version, head.hash) is distinct from (chain_version, chain_hash) then
    return row(false, checked_count, chain_version + 1)::public.event_proof;
  end if;
  return row(true, checked_count, null)::public.event_proof;
end
$$;
comment on function private.verify_events(text, uuid) is
  'Computes an aggregate''s chain of hashes anew, and names the first event that was changed, removed or inserted. '
  'Callable by service_role.';
select private.publish_rpc('private.verify_events(text, uuid)', 'service_role');
