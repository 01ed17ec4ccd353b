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
comment on column private.event_consumer_members.claimed_position is
  'The last position that was handed out under the lease.';
comment on column private.event_consumer_members.leased_until is
  'Until then nobody else is handed this member''s events; null: free.';

create function private.member_of(aggregate_id uuid, size integer)
returns integer
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (hashtextextended(aggregate_id::text, 0) & 9223372036854775807) % size;
end
$$;
comment on function private.member_of(uuid, integer) is 'Which of a consumer''s members an aggregate belongs to.';

create function private.check_consumer(
  consumer text, max_count integer, lease_seconds integer, member integer, size integer
)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform private.check_text('consumer', consumer, 1, 100);
  perform private.check_page(max_count);
  perform private.check_range('lease_seconds', lease_seconds, 1, 86400);
  perform private.check_range('size', size, 1, 256);
  if member is not null then
    perform private.check_range('member', member, 0, size - 1);
  end if;
end
$$;
comment on function private.check_consumer(text, integer, integer, integer, integer) is
  'Raises consumer_invalid, lease_seconds_invalid, max_count_invalid, member_invalid, size_invalid.';

create function private.resize_consumer(consumer text, size integer)
returns void
language plpgsql
set search_path = ''
as $$
declare
  slowest_position bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('consumer ' || resize_consumer.consumer, 0));
  if exists (select from private.event_consumer_members as known
    where known.consumer = resize_consumer.consumer and known.size = resize_consumer.size) then
    return;
  end if;
  perform from private.event_consumer_members as known
  where known.consumer = resize_consumer.consumer order by known.member for update;
  if exists (select from private.event_consumer_members as known
    where known.consumer = resize_consumer.consumer and leased_until > clock_timestamp()) then
    perform private.fail('consumer_busy', format('Consumer %s has members at work, so its size cannot become %s now.',
      resize_consumer.consumer, resize_consumer.size));
  end if;
  select min(acknowledged_position) into slowest_position from private.event_consumer_members as known
  where known.consumer = resize_consumer.consumer;
  delete from private.event_consumer_members as known where known.consumer = resize_consumer.consumer;
  insert into private.event_consumer_members (consumer, member, size, acknowledged_position)
  select resize_consumer.consumer, place, resize_consumer.size, coalesce(slowest_position, 0)
  from generate_series(0, resize_consumer.size - 1) as place;
end
$$;
comment on function private.resize_consumer(text, integer) is
  'Makes a consumer with this many members, or gives it as many; then all go on from the slowest, and some events '
  'come again. Raises consumer_busy.';

create function private.find_member_events(
  slot private.event_consumer_members, settled_position bigint, max_count integer
)
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
comment on function private.find_member_events(private.event_consumer_members, bigint, integer) is
  'A member''s next events, up to a settled position.';

create function private.claim_events(
  consumer text,
  max_count integer default 100,
  lease_seconds integer default 60,
  member integer default null,
  size integer default 1
)
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
  perform private.check_consumer(consumer, max_count, lease_seconds, member, size);
  if not exists (select from private.event_consumer_members as known
    where known.consumer = claim_events.consumer and known.size = claim_events.size) then
    perform private.resize_consumer(consumer, size);
  end if;
  for slot in
    select * from private.event_consumer_members as known
    where known.consumer = claim_events.consumer and known.size = claim_events.size
      and (claim_events.member is null or known.member = claim_events.member)
      and (leased_until is null or leased_until <= clock_timestamp())
    order by acknowledged_position, known.member
    for update skip locked
  loop
    settled_position := private.settle_events(slot.acknowledged_position, max_count * slot.size);
    claimed := array(select e from private.find_member_events(slot, settled_position, max_count) as e);
    if cardinality(claimed) > 0 then
      update private.event_consumer_members as known
      set claimed_position = claimed[cardinality(claimed)].position,
          leased_until = clock_timestamp() + make_interval(secs => lease_seconds)
      where known.consumer = slot.consumer and known.member = slot.member;
      return query select * from unnest(claimed);
      return;
    elsif settled_position > slot.acknowledged_position then
      update private.event_consumer_members as known
      set acknowledged_position = settled_position, claimed_position = null, leased_until = null
      where known.consumer = slot.consumer and known.member = slot.member;
    end if;
  end loop;
end
$$;
comment on function private.claim_events(text, integer, integer, integer, integer) is
  'The next events of a consumer (made by its first claim, from the beginning of the log), at most max_count (1 to '
  '1000), leased for lease_seconds (1 to 86400): handle them, then acknowledge_events with the last position. Not '
  'acknowledged in time, they are handed out again. With size > 1 that many members share the log by aggregate; '
  'member names one (0 to size - 1), null takes any that is free. No rows: nothing to do, or all members are leased. '
  'Raises consumer_busy (another size while members are at work), consumer_invalid, lease_seconds_invalid, '
  'max_count_invalid, member_invalid, size_invalid. Callable by service_role.';
select private.publish_rpc('private.claim_events(text, integer, integer, integer, integer)', 'service_role');

create function private.acknowledge_events(consumer text, "position" bigint)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  handled_id uuid;
  slot private.event_consumer_members;
begin
  select aggregate_id into handled_id from private.event_log as e where e.position = acknowledge_events.position;
  select * into slot from private.event_consumer_members as known
  where known.consumer = acknowledge_events.consumer and known.member = private.member_of(handled_id, known.size)
  for update;
  if slot.member is null then
    perform private.fail('claim_not_found', format('Consumer %s was never handed the position %s.',
      acknowledge_events.consumer, coalesce(acknowledge_events.position::text, 'null')));
  elsif slot.acknowledged_position >= acknowledge_events.position then
    return false;
  elsif slot.claimed_position is null or slot.claimed_position < acknowledge_events.position then
    perform private.fail('events_not_claimed', format('The position %s has not been claimed by consumer %s.',
      acknowledge_events.position, acknowledge_events.consumer));
  end if;
  update private.event_consumer_members as known
  set acknowledged_position = acknowledge_events.position,
      leased_until = case when acknowledge_events.position < claimed_position then leased_until end,
      claimed_position = case when acknowledge_events.position < claimed_position then claimed_position end
  where known.consumer = slot.consumer and known.member = slot.member;
  return true;
end
$$;
comment on function private.acknowledge_events(text, bigint) is
  'All claimed events up to this position are handled. The lease ends with the last of them. True if that was news; a '
  'repeated acknowledgement changes nothing. Raises claim_not_found, events_not_claimed. Callable by service_role.';
select private.publish_rpc('private.acknowledge_events(text, bigint)', 'service_role');

create view private.event_consumer_lags as
  select consumer, size, min(acknowledged_position) as acknowledged_position,
    greatest((select last_value from private.event_log_position_seq) - min(acknowledged_position), 0) as lag,
    count(*) filter (where leased_until > now()) as leased_members
  from private.event_consumer_members
  group by consumer, size;
comment on view private.event_consumer_lags is
  'Consumers with how far the slowest member has come, and how many positions it lags behind the newest.';

create function private.event_consumers()
returns table (consumer text, size integer, acknowledged_position bigint, lag bigint, leased_members bigint)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_admin();
  return query select * from private.event_consumer_lags as lags order by lags.consumer;
end
$$;
comment on function private.event_consumers() is
  'Each consumer with how far its slowest member has come (acknowledged_position), how many positions it lags behind '
  'the newest, and how many of its members hold a lease. For admins. Raises admin_required, sign_in_required.';
select private.publish_rpc('private.event_consumers()', 'authenticated');
