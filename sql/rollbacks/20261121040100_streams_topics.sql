alter publication supabase_realtime drop table public.streams;
drop policy stream_topics_select on realtime.messages;
drop function private.may_join_stream_topic(text);
drop trigger streams_renew_topic on public.streams;
drop function private.renew_topic();
