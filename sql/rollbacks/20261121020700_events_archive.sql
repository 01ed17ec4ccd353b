select private.drop_rpc('private.archive_events(timestamptz)');
drop function private.snapshot_partition(private.event_partitions);
