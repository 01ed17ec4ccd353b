select private.drop_rpc('private.get_stream_health(uuid, timestamptz, integer)');
drop function private.record_health(uuid, jsonb);
drop table private.stream_health;
delete from private.log_tables where table_name = 'private.stream_health';
