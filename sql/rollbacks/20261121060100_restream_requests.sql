select private.drop_rpc('private.approve_stream_request(uuid, text)');
drop function private.lock_managed_request(uuid);
select private.drop_rpc('private.request_stream(text, text, text, text, boolean)');
drop function private.check_open_requests(uuid);
drop function private.check_video_source(text, uuid);
delete from private.erasures where sql_function = 'private.erase_restream';
drop function private.erase_restream(uuid);
drop policy videos_delete on storage.objects;
drop policy videos_update on storage.objects;
drop policy videos_insert on storage.objects;
drop policy videos_select on storage.objects;
-- The bucket stays: it may hold files.
alter publication supabase_realtime drop table public.stream_requests;
drop table private.stream_request_secrets;
select private.drop_recording('public.stream_requests');
drop table public.stream_requests;
delete from private.settings where key in ('approval_required', 'max_open_requests_per_user');
