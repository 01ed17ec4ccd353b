-- Events: reading. Positions are given out before transactions commit, so a reader could see position 8 before 7.
-- It must not go on past 7 until 7 cannot come any more. Writers take no lock for this; a reader reasons instead:
--
--   - Without a missing number between what was read and what is there, nothing can come in between.
--   - A transaction has its id before it draws a position (append locks the head first). So whoever may still fill a
--     missing number below a visible position had its id when that position was seen. Once every transaction that was
--     older than a later one has ended, the number is missing for good.

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
comment on type public.event is
  'An event as readers get it. Personal values of a user whose account is gone are "erased"; data too deep to be '
  'read is {"set_aside": true}.';
comment on column public.event.user_id is 'Whose history it belongs to; null: nobody''s.';

create function private.is_unreadable(value jsonb)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return jsonb_path_exists(value, 'strict $.**{129}');
end
$$;
comment on function private.is_unreadable(jsonb) is
  'Is this JSON of an event so deep that whoever reads it may break? What comes in has 64 levels at most, a row''s '
  'event some more; a log may hold deeper ones from before that was checked.';

create view private.events as
  select position,
    coalesce(id, encode(substring(int8send(position), 3) || '\x8000' || substring(uuid_send(aggregate_id), 9),
      'hex')::uuid) as id,
    aggregate_type, aggregate_id, version, event_type,
    case
      when private.is_unreadable(event_data) then '{"set_aside": true}'
      when personal is null then event_data
      else private.reveal(event_data, personal, user_id)
    end as event_data,
    case when private.is_unreadable(metadata) then '{"set_aside": true}' else metadata end as metadata,
    user_id, created_at
  from private.event_log;
comment on view private.events is
  'The event log in the columns of public.event. An event without an id of its own has one of UUID version 8: 48 bits '
  'of its position, then the latter half of its aggregate''s id. It costs an append nothing, is found by its '
  'position, and sorts as the log does. Data too deep to be read is set aside: {"set_aside": true} stands for it.';

-- How far can be read --------------------------------------------------------------------------

create table private.event_watermark (
  singleton boolean primary key default true check (singleton),
  settled_position bigint not null default 0,
  pending_position bigint,
  pending_xid xid8
);
comment on table private.event_watermark is
  'How far the event log is known to be settled: no event can appear at or below settled_position any more. Readers '
  'move it.';
comment on column private.event_watermark.pending_position is
  'What will be settled once every transaction older than pending_xid has ended.';
insert into private.event_watermark default values;

create function private.full_xid(short_xid xid)
returns xid8
language plpgsql
stable
set search_path = ''
as $$
declare
  newest bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  epoch bigint := newest >> 32;
  candidate bigint := (epoch << 32) | short_xid::text::bigint;
begin
  return (case when candidate > newest + 2147483648 then candidate - 4294967296 else candidate end)::text::xid8;
end
$$;
comment on function private.full_xid(xid) is 'A recent transaction id of 32 bits with its epoch.';

create function private.move_watermark(run_end bigint)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  mark private.event_watermark;
  newest_position bigint;
  drawn_xid xid;
begin
  if pg_is_in_recovery() then
    return run_end;
  end if;
  select * into mark from private.event_watermark for no key update skip locked;
  if not found then
    return run_end;
  end if;
  if mark.pending_xid <= pg_snapshot_xmin(pg_current_snapshot()) then
    mark.settled_position := greatest(mark.settled_position, mark.pending_position);
    mark.pending_xid := null;
  end if;
  mark.settled_position := greatest(mark.settled_position, run_end);
  if mark.pending_xid is null then
    newest_position := (select max(position) from private.event_log);
    begin
      update private.event_watermark set pending_position = newest_position returning xmin into drawn_xid;
      mark.pending_xid := private.full_xid(drawn_xid);
    exception when others then
      raise; -- the handler makes the block a subtransaction: its id is drawn here, after newest_position was seen
    end;
  end if;
  update private.event_watermark set settled_position = mark.settled_position, pending_xid = mark.pending_xid;
  return mark.settled_position;
end
$$;
comment on function private.move_watermark(bigint) is
  'Settles what waited long enough, all up to run_end, and starts waiting for what is visible now. Returns the '
  'settled position. Where another reader is at it, or on a read replica, that is run_end.';

create function private.settle_events(after_position bigint, window_size integer)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  base bigint := greatest(after_position, (select settled_position from private.event_watermark));
  run_end bigint;
  seen_count integer;
begin
  select max(seen.position) filter (where seen.position = base + seen.place), count(*) into run_end, seen_count
  from (
    select log.position, row_number() over (order by log.position) as place
    from (select position from private.event_log where position > base order by position limit window_size) as log
  ) as seen;
  run_end := coalesce(run_end, base);
  if run_end < base + seen_count or seen_count >= 10000 then
    return private.move_watermark(run_end);
  end if;
  return run_end;
end
$$;
comment on function private.settle_events(bigint, integer) is
  'Up to which position a reader that has read all up to after_position may read now, looking at most window_size '
  'events ahead. Writes only at a missing position, and once in 10000 events.';

create function private.check_page(max_count integer)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform private.check_range('max_count', max_count, 1, 1000);
end
$$;
comment on function private.check_page(integer) is 'Raises max_count_invalid unless it is 1 to 1000.';

create function private.get_events(
  aggregate_type text,
  aggregate_id uuid,
  from_version bigint default 1,
  max_count integer default 100
)
returns setof public.event
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.check_page(max_count);
  return query
    select e.* from private.events as e
    where e.aggregate_type = get_events.aggregate_type and e.aggregate_id = get_events.aggregate_id
      and e.version >= from_version
    order by e.version
    limit max_count;
end
$$;
comment on function private.get_events(text, uuid, bigint, integer) is
  'An aggregate''s events in the order of their versions, from from_version on, at most max_count (1 to 1000). Raises '
  'max_count_invalid. Callable by service_role.';
select private.publish_rpc('private.get_events(text, uuid, bigint, integer)', 'service_role');

create function private.read_events(
  after_position bigint default 0,
  max_count integer default 100,
  aggregate_type text default null,
  event_types text[] default null
)
returns setof public.event
language plpgsql
security definer
set search_path = ''
as $$
declare
  settled_position bigint;
begin
  perform private.check_page(max_count);
  settled_position := private.settle_events(after_position,
    case when aggregate_type is null and event_types is null then max_count else 100000 end);
  return query
    select e.* from private.events as e
    where e.position > after_position and e.position <= settled_position
      and (read_events.aggregate_type is null or e.aggregate_type = read_events.aggregate_type)
      and (event_types is null or e.event_type = any (event_types))
    order by e.position
    limit max_count;
end
$$;
comment on function private.read_events(bigint, integer, text, text[]) is
  'The log in order, after a position, at most max_count (1 to 1000), of one aggregate type and some event types '
  'where given. Call again with the last position read: no event is passed over, however late its transaction '
  'commits; what may still change is left for the next call. Raises max_count_invalid. Callable by service_role.';
select private.publish_rpc('private.read_events(bigint, integer, text, text[])', 'service_role');

-- A user's own history -------------------------------------------------------------------------

create function private.get_audit_trail(
  user_id uuid,
  since timestamptz default null,
  until timestamptz default null,
  max_count integer default 100,
  before_position bigint default null
)
returns setof public.event
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if user_id is distinct from (select auth.uid()) and not private.is_admin() and not private.is_trusted_caller() then
    perform private.fail('audit_trail_forbidden', 'You may read your own history only.');
  end if;
  perform private.check_page(max_count);
  return query
    select e.* from private.events as e
    where e.user_id = get_audit_trail.user_id
      and e.position < coalesce(before_position, 9223372036854775807)
      and e.created_at >= coalesce(since, '-infinity') and e.created_at < coalesce(until, 'infinity')
    order by e.position desc
    limit max_count;
end
$$;
comment on function private.get_audit_trail(uuid, timestamptz, timestamptz, integer, bigint) is
  'What happened to a user and to what is theirs, newest first, of since <= created_at < until, at most max_count (1 '
  'to 1000). The next page: before_position = the last position read. For signed-in users their own, for admins '
  'anyone''s. Raises audit_trail_forbidden, max_count_invalid, sign_in_required.';
select private.publish_rpc('private.get_audit_trail(uuid, timestamptz, timestamptz, integer, bigint)', 'authenticated');
