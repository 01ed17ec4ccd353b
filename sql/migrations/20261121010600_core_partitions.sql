-- Core: log tables are partitioned by time and expire by dropping a partition.

create table private.log_tables (
  table_name text primary key,
  period text not null check (period in ('day', 'month')),
  keep_for interval not null
);
comment on table private.log_tables is
  'The partitioned log tables: how much time a partition holds, and how long it is kept.';

create function private.create_partition(parent text, period text, moment timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  first_moment timestamptz := date_trunc(period, moment at time zone 'utc') at time zone 'utc';
  next_moment timestamptz :=
    (date_trunc(period, moment at time zone 'utc') + ('1 ' || period)::interval) at time zone 'utc';
  partition_name text := split_part(parent, '.', 2) || '_' || to_char(first_moment at time zone 'utc',
    case period when 'day' then 'YYYYMMDD' else 'YYYYMM' end);
  partition_table text := format('%I.%I', split_part(parent, '.', 1), partition_name);
begin
  if to_regclass(partition_table) is not null then
    return;
  end if;
  execute format('create table %s (like %s including defaults including constraints)', partition_table, parent);
  -- Rows that came before their partition wait in the default one.
  execute format('with late as (delete from %1$s_default where created_at >= %3$L and created_at < %4$L returning *) '
    'insert into %2$s overriding system value select * from late', parent, partition_table, first_moment, next_moment);
  execute format('alter table %s attach partition %s for values from (%L) to (%L)',
    parent, partition_table, first_moment, next_moment);
end
$$;
comment on function private.create_partition(text, text, timestamptz) is
  'Makes the partition of a log table (schema.table, partitioned by created_at, with a default partition '
  '<table>_default) that holds a moment, in UTC. Does nothing where it exists.';

create function private.maintain_partitions()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  log private.log_tables;
  expired record;
  dropped integer := 0;
begin
  for log in select * from private.log_tables order by table_name loop
    for ahead in 0..2 loop
      perform private.create_partition(log.table_name, log.period, now() + ahead * ('1 ' || log.period)::interval);
    end loop;
    for expired in
      select child.oid::regclass as partition_table
      from pg_catalog.pg_inherits
      join pg_catalog.pg_class child on child.oid = inhrelid
      where inhparent = log.table_name::regclass
        and child.relname < split_part(log.table_name, '.', 2) || '_' ||
          to_char((now() - log.keep_for) at time zone 'utc',
            case log.period when 'day' then 'YYYYMMDD' else 'YYYYMM' end)
        and child.relname ~ '_\d+$'
    loop
      execute format('drop table %s', expired.partition_table);
      dropped := dropped + 1;
    end loop;
  end loop;
  return dropped;
end
$$;
comment on function private.maintain_partitions() is
  'Makes the partitions that the log tables need next and drops those past their keeping; run by the job '
  'maintain-partitions. Returns how many were dropped. Callable by service_role.';
select private.publish_rpc('private.maintain_partitions()', 'service_role');

create function private.register_log_table(parent text, period text, keep_for interval)
returns void
language plpgsql
set search_path = ''
as $$
begin
  execute format('create table %s_default partition of %s default', parent, parent);
  insert into private.log_tables values (parent, period, keep_for);
  perform private.maintain_partitions();
end
$$;
comment on function private.register_log_table(text, text, interval) is
  'Gives a new log table (schema.table, partitioned by range of created_at) its default partition, its first '
  'partitions and its keeping. For migrations.';
