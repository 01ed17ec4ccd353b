drop function private.find_limit_refusal(uuid);
drop function private.find_closed_refusal(public.streams);
drop type private.refusal;
select private.drop_rpc('private.get_admissions(uuid, timestamptz, timestamptz, integer)');
drop function private.mask_stream_key(text);
drop trigger streams_erase_admissions on public.streams;
drop function private.erase_admissions();
drop table private.admission_log;
delete from private.log_tables where table_name = 'private.admission_log';
