-- Events: growth is bounded. Old partitions are detached whole, once nothing needs them any more.

create function private.snapshot_partition(target_table text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  boundary record;
begin
  for boundary in execute format(
    'select distinct on (aggregate_type, aggregate_id) aggregate_type, aggregate_id, version, hash, created_at
     from %s as kept order by aggregate_type, aggregate_id, version desc', target_table)
  loop
    insert into private.event_snapshots (aggregate_type, aggregate_id, version, state, hash, created_at)
    values (boundary.aggregate_type, boundary.aggregate_id, boundary.version,
      private.replay(boundary.aggregate_type, boundary.aggregate_id, null, boundary.version), boundary.hash, boundary.created_at)
    on conflict do nothing;
  end loop;
end
$$;
comment on function private.snapshot_partition(text) is
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
    execute format('select created_at from %s order by position desc limit 1', candidate.table_name) into newest_at;
    exit when newest_at is null or newest_at >= before or candidate.end_position - 1 > needed_position;
    perform private.snapshot_partition(candidate.table_name);
    execute format('alter table private.event_log detach partition %s', candidate.table_name);
    update private.event_partitions set detached_at = now() where first_position = candidate.first_position;
    return next candidate.table_name;
  end loop;
end
$$;
comment on function private.archive_events(timestamptz) is 'See public.archive_events.';
grant execute on function private.archive_events(timestamptz) to service_role;

create function public.archive_events(before timestamptz)
returns setof text
language plpgsql
set search_path = ''
as $$
begin
  return query select * from private.archive_events(archive_events.before);
end
$$;
comment on function public.archive_events(timestamptz) is
  'Detaches the oldest partitions of the event log whose events are all older than `before` and have been acknowledged by every consumer; snapshots their aggregates first. '
  'Returns the names of the detached tables, which stay in the schema private until somebody dumps and drops them. What is kept replays as before; older versions answer PT410 events_archived. '
  'Callable by service_role.';
