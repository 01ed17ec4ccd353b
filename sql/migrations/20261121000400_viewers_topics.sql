-- Viewers: what streams tell over Realtime, to whom. Topics: stream:<id> for who may see the stream, user:<id> for the user alone.

create function private.send_realtime(payload jsonb, event text, topic text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if to_regprocedure('realtime.send(jsonb,text,text,boolean)') is not null then
    perform realtime.send(payload, event, topic, true);
  end if;
end
$$;
comment on function private.send_realtime(jsonb, text, text) is
  'Sends a broadcast on a private topic when this transaction commits; nothing where Realtime is not installed. For other functions only.';

create function private.may_read_topic(topic text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  subject text := split_part(topic, ':', 1);
  subject_id uuid;
begin
  if topic !~ '^(stream|user):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return false;
  end if;
  subject_id := split_part(topic, ':', 2)::uuid;
  if subject = 'user' then
    return coalesce(subject_id = (select auth.uid()), false);
  end if;
  return exists (
    select from public.streams
    where id = subject_id
      and (visibility in ('public', 'unlisted') or user_id = (select auth.uid()) or private.is_admin()));
end
$$;
comment on function private.may_read_topic(text) is
  'May the caller join this topic? stream:<id>: who get_stream lets see it; user:<id>: that user. For the policy on realtime.messages.';
grant execute on function private.may_read_topic(text) to anon, authenticated;

-- Nobody but the database writes on these topics: there is no policy for insert.
create policy streambed_topics_select on realtime.messages for select to anon, authenticated
  using (extension = 'broadcast' and (select private.may_read_topic((select realtime.topic()))));

-- What is told ---------------------------------------------------------------------------------

create function private.send_viewers(stream public.streams)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.send_realtime(
    jsonb_build_object('viewer_count', stream.viewer_count, 'peak_viewers', stream.peak_viewers, 'at', now()),
    'viewers', 'stream:' || stream.id);
end
$$;
comment on function private.send_viewers(public.streams) is 'Tells a stream''s topic its numbers: event viewers, {viewer_count, peak_viewers, at}.';

create function private.describe_notice(event private.event_log)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object('type', event.event_type, 'version', event.version, 'position', event.position, 'at', event.created_at);
end
$$;
comment on function private.describe_notice(private.event_log) is
  'What every notice of an event has: {type, version, position, at}. Who missed a version sees the gap.';

create function private.send_status(event private.event_log)
returns void
language plpgsql
set search_path = ''
as $$
declare
  stream public.streams;
begin
  select * into stream from public.streams where id = event.aggregate_id;
  perform private.send_realtime(
    private.describe_notice(event) || jsonb_build_object('status', coalesce(stream.status, 'deleted'), 'is_live', coalesce(stream.is_live, false),
      'started_at', stream.started_at, 'ended_at', stream.ended_at),
    'status', 'stream:' || event.aggregate_id);
end
$$;
comment on function private.send_status(private.event_log) is
  'Tells a stream''s topic what it is now: event status, {status, is_live, started_at, ended_at, type, version, position, at}.';

create function private.send_user_notice(event private.event_log)
returns void
language plpgsql
set search_path = ''
as $$
declare
  details jsonb;
begin
  if event.aggregate_type = 'StreamSession' then
    select jsonb_build_object('session_id', id, 'stream_id', stream_id, 'ended_reason', ended_reason) into details
    from public.stream_sessions where id = event.aggregate_id;
  else
    details := jsonb_build_object('stream_id', event.aggregate_id, 'rule', event.event_data -> 'rule', 'message', event.event_data -> 'message',
      'limit_count', event.event_data -> 'limit_count', 'active_count', event.event_data -> 'active_count');
  end if;
  perform private.send_realtime(private.describe_notice(event) || coalesce(details, '{}'), event.event_type, 'user:' || event.user_id);
end
$$;
comment on function private.send_user_notice(private.event_log) is
  'Tells a user what happened to their sessions, or why a publish was refused: the event is its type, the payload has type, version, position, at and the details.';

create or replace function private.is_announced(event_type text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return event_type in ('StreamStarted', 'StreamEnded', 'StreamDisabled', 'StreamEnabled', 'StreamDeleted',
    'SessionStarted', 'SessionDisconnected', 'SessionResumed', 'SessionEnded', 'AdmissionRefused');
end
$$;

create or replace function private.announce_event(event private.event_log)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if event.event_type in ('StreamStarted', 'StreamEnded', 'StreamDisabled', 'StreamEnabled', 'StreamDeleted') then
    perform private.send_status(event);
  elsif event.user_id is not null then
    perform private.send_user_notice(event);
  end if;
end
$$;

-- Row by row -----------------------------------------------------------------------------------

alter publication supabase_realtime add table public.streams, public.stream_sessions;
