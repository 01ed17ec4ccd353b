drop function private.extend_event_log();
drop table private.event_partitions;
drop table private.event_log;
drop function private.refuse_event_change();
drop table private.event_heads;
delete from private.settings where key in ('events_per_partition', 'events_per_snapshot');
delete from private.errors where domain = 'events';
