drop function public.archive_events(timestamptz);
drop function private.archive_events(timestamptz);
drop function private.snapshot_partition(private.event_partitions);
