alter publication supabase_realtime drop table public.streams, public.stream_sessions;
create or replace function private.announce_event(event private.event_log)
returns void
language plpgsql
set search_path = ''
as $$
begin
end
$$;
create or replace function private.is_announced(event_type text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return false;
end
$$;
drop function private.send_user_notice(private.event_log);
drop function private.send_status(private.event_log);
drop function private.describe_notice(private.event_log);
drop function private.send_viewers(public.streams);
drop policy streambed_topics_select on realtime.messages;
drop function private.may_read_topic(text);
drop function private.send_realtime(jsonb, text, text);
