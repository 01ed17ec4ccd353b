drop function private.stop_session(uuid, text, timestamptz);
alter publication supabase_realtime drop table public.stream_sessions;
select private.drop_recording('public.stream_sessions');
drop table public.stream_sessions;
drop function private.apply_session();
drop function private.apply_session_to_stream(uuid, timestamptz);
drop function private.apply_session_to_user(uuid);
