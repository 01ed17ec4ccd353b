delete from private.scheduled_jobs where name = 'reap-sessions';
select private.drop_rpc('private.reap_sessions()');
select private.drop_rpc('private.renew_ingest(text, text[], boolean)');
drop type public.renewed_ingest;
drop function private.disconnect_others(text, text[]);
select private.drop_rpc('private.end_ingest(text, text, bigint)');
drop type public.ended_ingest;
