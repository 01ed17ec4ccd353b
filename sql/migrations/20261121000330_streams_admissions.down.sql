drop function public.get_admissions(uuid, timestamptz, timestamptz, integer);
drop function private.get_admissions(uuid, timestamptz, timestamptz, integer);
drop function private.mask_stream_key(text);
drop table private.admission_log;
delete from private.log_tables where table_name = 'private.admission_log';
