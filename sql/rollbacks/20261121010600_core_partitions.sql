select private.drop_rpc('private.maintain_partitions()');
drop function private.register_log_table(text, text, interval);
drop function private.create_partition(text, text, timestamptz);
drop table private.log_tables;
