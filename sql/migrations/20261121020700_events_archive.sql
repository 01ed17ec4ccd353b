-- Events: growth is bounded. Old partitions are detached whole, once nothing needs them any more.

create function private.snapshot_partition(target private.event_partitions)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.store_snapshot(newest::private.event_heads) from (
    select distinct on (aggregate_type, aggregate_id) aggregate_type, aggregate_id, version, hash, created_at, 0::bigint
    from private.event_log
    where position >= target.first_position and position < target.end_position
    order by aggregate_type, aggregate_id, version desc
  ) as newest;
end
$$;
comment on function private.snapshot_partition(private.event_partitions) is
  'Snapshots every aggregate at its last event in a partition, so that replaying and verifying can begin after it.';

create function private.archive_events(before timestamptz)
returns setof text
language plpgsql
security definer
set search_path = ''
as $$
declare
  candidate private.event_partitions;
  needed_position bigint;
  newest_at timestamptz;
begin
  select least(
    (select settled_position from private.event_watermark),
    (select min(acknowledged_position) from private.event_consumer_members)) into needed_position;
  for candidate in
    select * from private.event_partitions where detached_at is null order by first_position
  loop
    select created_at into newest_at from private.event_log
    where position >= candidate.first_position and position < candidate.end_position
    order by position desc limit 1;
    exit when newest_at is null or newest_at >= before or candidate.end_position - 1 > needed_position;
    perform private.snapshot_partition(candidate);
    execute format('alter table private.event_log detach partition %s', candidate.table_name);
    update private.event_partitions set detached_at = now() where first_position = candidate.first_position;
    return next candidate.table_name;
  end loop;
end
$$;
comment on function private.archive_events(timestamptz) is
  'Detaches the oldest partitions of the event log whose events are all older than `before` and have been '
  'acknowledged by every consumer; snapshots their aggregates first. Returns the names of the detached tables, which '
  'stay in the schema private until somebody dumps and drops them. What is kept replays as before; for older versions '
  'replay says so. Callable by service_role.';
select private.publish_rpc('private.archive_events(timestamptz)', 'service_role');
