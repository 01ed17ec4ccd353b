drop function private.find_limit_refusal(uuid);
drop function private.find_closed_refusal(public.streams);
drop type private.refusal;
drop function private.describe_refusal(text, text);
drop function public.get_admissions(uuid, timestamptz, timestamptz, integer);
drop function private.get_admissions(uuid, timestamptz, timestamptz, integer);
drop function private.mask_stream_key(text);
drop table private.admission_log;
delete from private.log_tables where table_name = 'private.admission_log';
