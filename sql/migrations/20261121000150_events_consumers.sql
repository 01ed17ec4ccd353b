-- Events: consumers, which have every event delivered at least once and in order per aggregate. A consumer's members
-- share the log by aggregate: each member has its own cursor, and a lease on what it was handed last.

create table private.event_consumer_members (
  consumer text not null,
  member integer not null,
  size integer not null,
  acknowledged_position bigint not null default 0,
  claimed_position bigint,
  leased_until timestamptz,
  primary key (consumer, member)
);
comment on table private.event_consumer_members is
  'How far each of a consumer''s members has come. Member m of size n has the aggregates whose hash is m modulo n.';
comment on column private.event_consumer_members.claimed_position is 'The last position that was handed out under the lease.';
comment on column private.event_consumer_members.leased_until is 'Until then nobody else is handed this member''s events; null: free.';

create function private.member_of(target_id uuid, size integer)
returns integer
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (hashtextextended(target_id::text, 0) & 9223372036854775807) % size;
end
$$;
comment on function private.member_of(uuid, integer) is 'Which of a consumer''s members an aggregate belongs to.';

create function private.check_consumer(consumer_name text, max_count integer, lease_seconds integer, wanted_member integer, wanted_size integer)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  perform private.check_text('consumer', consumer_name, 1, 100);
  perform private.check_page(max_count);
  if lease_seconds is null or lease_seconds not between 1 and 86400 then
    perform private.fail(400, 'lease_seconds_invalid', format('lease_seconds must be 1 to 86400, got %s.', coalesce(lease_seconds::text, 'nothing')),
      'Give how long handling a batch may take.');
  elsif wanted_size is null or wanted_size not between 1 and 256 then
    perform private.fail(400, 'size_invalid', format('size must be 1 to 256, got %s.', coalesce(wanted_size::text, 'nothing')), 'Give how many members share the log.');
  elsif wanted_member not between 0 and wanted_size - 1 then
    perform private.fail(400, 'member_invalid', format('member must be 0 to %s, got %s.', wanted_size - 1, wanted_member), 'Leave it out to take any free one.');
  end if;
end
$$;
comment on function private.check_consumer(text, integer, integer, integer, integer) is
  'Raises PT400 consumer_invalid, max_count_invalid, lease_seconds_invalid, size_invalid or member_invalid.';

create function private.resize_consumer(consumer_name text, wanted_size integer)
returns void
language plpgsql
set search_path = ''
as $$
declare
  slowest_position bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('consumer ' || consumer_name, 0));
  if exists (select from private.event_consumer_members where consumer = consumer_name and size = wanted_size) then
    return;
  end if;
  perform from private.event_consumer_members where consumer = consumer_name order by member for update;
  if exists (select from private.event_consumer_members where consumer = consumer_name and leased_until > clock_timestamp()) then
    perform private.fail(409, 'consumer_busy', format('Consumer %s has members at work, so its size cannot become %s now.', consumer_name, wanted_size),
      'Let them acknowledge, or their leases run out, then claim with the new size.');
  end if;
  select min(acknowledged_position) into slowest_position from private.event_consumer_members where consumer = consumer_name;
  delete from private.event_consumer_members where consumer = consumer_name;
  insert into private.event_consumer_members (consumer, member, size, acknowledged_position)
  select consumer_name, member, wanted_size, coalesce(slowest_position, 0) from generate_series(0, wanted_size - 1) as member;
end
$$;
comment on function private.resize_consumer(text, integer) is
  'Makes a consumer with this many members, or gives it as many; then all go on from the slowest, and some events come again. Raises PT409 consumer_busy.';

create function private.find_member_events(slot private.event_consumer_members, settled_position bigint, max_count integer)
returns setof public.event
language plpgsql
stable
set search_path = ''
as $$
begin
  return query
    select e.* from private.events as e
    where e.position > slot.acknowledged_position and e.position <= settled_position
      and (slot.size = 1 or private.member_of(e.aggregate_id, slot.size) = slot.member)
    order by e.position
    limit max_count;
end
$$;
comment on function private.find_member_events(private.event_consumer_members, bigint, integer) is 'A member''s next events, up to a settled position.';

create function private.claim_events(consumer_name text, max_count integer, lease_seconds integer, wanted_member integer, wanted_size integer)
returns setof public.event
language plpgsql
security definer
set search_path = ''
as $$
declare
  slot private.event_consumer_members;
  settled_position bigint;
  claimed public.event[];
begin
  perform private.check_consumer(consumer_name, max_count, lease_seconds, wanted_member, wanted_size);
  if not exists (select from private.event_consumer_members where consumer = consumer_name and size = wanted_size) then
    perform private.resize_consumer(consumer_name, wanted_size);
  end if;
  for slot in
    select * from private.event_consumer_members
    where consumer = consumer_name and size = wanted_size
      and (wanted_member is null or member = wanted_member)
      and (leased_until is null or leased_until <= clock_timestamp())
    order by acknowledged_position, member
    for update skip locked
  loop
    settled_position := private.settle_events(slot.acknowledged_position, max_count * slot.size);
    claimed := array(select e from private.find_member_events(slot, settled_position, max_count) as e);
    if cardinality(claimed) > 0 then
      update private.event_consumer_members
      set claimed_position = claimed[cardinality(claimed)].position, leased_until = clock_timestamp() + make_interval(secs => lease_seconds)
      where consumer = slot.consumer and member = slot.member;
      return query select * from unnest(claimed);
      return;
    elsif settled_position > slot.acknowledged_position then
      update private.event_consumer_members set acknowledged_position = settled_position, claimed_position = null, leased_until = null
      where consumer = slot.consumer and member = slot.member;
    end if;
  end loop;
end
$$;
comment on function private.claim_events(text, integer, integer, integer, integer) is 'See public.claim_events.';
grant execute on function private.claim_events(text, integer, integer, integer, integer) to service_role;

create function public.claim_events(
  consumer text,
  max_count integer default 100,
  lease_seconds integer default 60,
  member integer default null,
  size integer default 1
)
returns setof public.event
language plpgsql
set search_path = ''
as $$
begin
  return query select * from private.claim_events(claim_events.consumer, claim_events.max_count, claim_events.lease_seconds, claim_events.member, claim_events.size);
end
$$;
comment on function public.claim_events(text, integer, integer, integer, integer) is
  'The next events of a consumer (made by its first claim, from the beginning of the log), at most max_count (1 to 1000), leased for lease_seconds (1 to 86400): '
  'handle them, then acknowledge_events with the last position. Not acknowledged in time, they are handed out again. With size > 1 that many members share the log by aggregate; '
  'member names one (0 to size - 1), null takes any that is free. No rows: nothing to do, or all members are leased. '
  'Raises PT400 <parameter>_invalid, PT409 consumer_busy (another size while members are at work). Callable by service_role.';

create function private.acknowledge_events(consumer_name text, handled_position bigint)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  handled_id uuid;
  slot private.event_consumer_members;
begin
  select aggregate_id into handled_id from private.event_log where position = handled_position;
  select * into slot from private.event_consumer_members
  where consumer = consumer_name and member = private.member_of(handled_id, size)
  for update;
  if slot.member is null then
    perform private.fail(404, 'claim_not_found', format('Consumer %s was never handed the position %s.', consumer_name, coalesce(handled_position::text, 'null')),
      'Acknowledge a position that claim_events returned.');
  elsif slot.acknowledged_position >= handled_position then
    return false;
  elsif slot.claimed_position is null or slot.claimed_position < handled_position then
    perform private.fail(409, 'events_not_claimed', format('The position %s has not been claimed by consumer %s.', handled_position, consumer_name),
      'Claim events, handle them, then acknowledge the last position.');
  end if;
  update private.event_consumer_members
  set acknowledged_position = handled_position,
      leased_until = case when handled_position < claimed_position then leased_until end,
      claimed_position = case when handled_position < claimed_position then claimed_position end
  where consumer = slot.consumer and member = slot.member;
  return true;
end
$$;
comment on function private.acknowledge_events(text, bigint) is 'See public.acknowledge_events.';
grant execute on function private.acknowledge_events(text, bigint) to service_role;

create function public.acknowledge_events(consumer text, "position" bigint)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  return private.acknowledge_events(acknowledge_events.consumer, acknowledge_events.position);
end
$$;
comment on function public.acknowledge_events(text, bigint) is
  'All claimed events up to this position are handled. The lease ends with the last of them. True if that was news; a repeated acknowledgement changes nothing. '
  'Raises PT404 claim_not_found, PT409 events_not_claimed. Callable by service_role.';

create view private.event_consumers as
  select consumer, size, min(acknowledged_position) as acknowledged_position,
    greatest((select last_value from private.event_log_position_seq) - min(acknowledged_position), 0) as lag,
    count(*) filter (where leased_until > now()) as leased_members
  from private.event_consumer_members
  group by consumer, size;
comment on view private.event_consumers is
  'Consumers with how far the slowest member has come, and how many positions it lags behind the newest.';

create function private.get_event_consumers()
returns setof private.event_consumers
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_admin();
  return query select * from private.event_consumers order by consumer;
end
$$;
comment on function private.get_event_consumers() is 'See public.event_consumers.';
grant execute on function private.get_event_consumers() to authenticated, service_role;

create function public.event_consumers()
returns table (consumer text, size integer, acknowledged_position bigint, lag bigint, leased_members bigint)
language plpgsql
stable
set search_path = ''
as $$
begin
  return query select * from private.get_event_consumers();
end
$$;
comment on function public.event_consumers() is
  'Each consumer with how far its slowest member has come (acknowledged_position), how many positions it lags behind the newest, and how many of its members hold a lease. '
  'Admins only (PT403 admin_required).';
grant execute on function public.event_consumers() to authenticated;
