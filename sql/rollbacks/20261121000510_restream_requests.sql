drop function public.approve_stream_request(uuid, text);
drop function private.approve_stream_request(uuid, text);
drop function private.lock_managed_request(uuid);
drop function public.request_stream(text, text, text, text, boolean);
drop function private.request_stream(text, text, text, text, boolean);
drop function private.check_video_source(text, uuid);
drop policy videos_delete on storage.objects;
drop policy videos_update on storage.objects;
drop policy videos_insert on storage.objects;
drop policy videos_select on storage.objects;
-- The bucket stays: it may hold files.
alter publication supabase_realtime drop table public.stream_requests;
drop table private.stream_request_secrets;
drop trigger stream_requests_send_notice on public.stream_requests;
drop function private.send_request_notice();
drop table public.stream_requests;
delete from private.settings where key in ('approval_required', 'max_open_requests_per_user');
