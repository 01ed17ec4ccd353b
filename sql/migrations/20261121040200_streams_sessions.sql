-- Streams: sessions, one for each time that a stream is pushed in (ingest) or out (restream), and what follows from
-- them.

create table public.stream_sessions (
  id uuid primary key default gen_random_uuid(),
  stream_id uuid not null references public.streams (id) on delete cascade,
  user_id uuid not null references public.users (id) on delete cascade,
  kind text not null check (kind in ('ingest', 'restream')),
  status text not null check (status in ('starting', 'running', 'stopping', 'stopped', 'error')),
  is_active boolean not null generated always as (status in ('starting', 'running', 'stopping')) stored,
  container_id text,
  worker_id text,
  rtmp_url text,
  video_source text,
  media_server text,
  publisher_id text,
  stream_key_id uuid,
  client_ip inet,
  last_seen_at timestamptz,
  disconnected_at timestamptz,
  resumed_at timestamptz,
  ended_reason text,
  error text,
  exit_code integer,
  peak_viewers integer not null default 0,
  unique_viewers integer not null default 0,
  average_viewers numeric(12, 2) not null default 0,
  viewer_seconds bigint not null default 0,
  bytes_in bigint not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  stopped_at timestamptz,
  -- One constraint, because Postgres parses each of them anew in every statement that writes.
  constraint stream_sessions_counters_check
    check (least(peak_viewers, unique_viewers, average_viewers, viewer_seconds, bytes_in) >= 0)
) with (fillfactor = 80);
comment on table public.stream_sessions is
  'One row for each time that a stream was pushed in (ingest) or out (restream). Its owner and admins read it; only '
  'functions write it.';
comment on column public.stream_sessions.is_active is
  'starting, running or stopping: counts against the package''s limit.';
comment on column public.stream_sessions.rtmp_url is 'restream: the target, its key masked.';
comment on column public.stream_sessions.video_source is 'restream: the video, a signature in its address masked.';
comment on column public.stream_sessions.worker_id is
  'restream: the worker that has it, and which of its starts: host#1a2b3c4d.';
comment on column public.stream_sessions.container_id is
  'restream: the container in which it runs, with the driver docker.';
comment on column public.stream_sessions.error is 'restream: what went wrong, with the last lines that ffmpeg wrote.';
comment on column public.stream_sessions.exit_code is 'restream: ffmpeg''s exit code.';
comment on column public.stream_sessions.media_server is 'ingest: the media server that holds the publisher.';
comment on column public.stream_sessions.publisher_id is
  'ingest: the media server''s own id of the publisher''s connection.';
comment on column public.stream_sessions.stream_key_id is
  'ingest: which of the stream''s keys was used (see get_stream_keys).';
comment on column public.stream_sessions.last_seen_at is
  'When the media server or worker was last heard of; the session''s lease runs from here.';
comment on column public.stream_sessions.disconnected_at is
  'When the publisher went; null while connected. Within the reconnect grace it may resume.';
comment on column public.stream_sessions.resumed_at is 'When the publisher last reconnected to this session.';
comment on column public.stream_sessions.ended_reason is
  'ingest: disconnected, lease_expired, disabled, deleted; restream: finished, stopped, failed, lease_expired, '
  'not_started, video_replaced, disabled, deleted.';
comment on column public.stream_sessions.bytes_in is 'ingest: what its publishers sent, added up as each leaves.';
comment on column public.stream_sessions.viewer_seconds is 'Sum over viewers of the seconds watched.';

create unique index stream_sessions_active_ingest_idx on public.stream_sessions (stream_id)
  where is_active and kind = 'ingest';
create unique index stream_sessions_publisher_idx on public.stream_sessions (media_server, publisher_id)
  where is_active and kind = 'ingest';
create index stream_sessions_stopped_idx on public.stream_sessions (stopped_at) where kind = 'ingest' and not is_active;
create index stream_sessions_active_idx on public.stream_sessions (user_id) where is_active;
create index stream_sessions_stream_idx on public.stream_sessions (stream_id, created_at desc);
create index stream_sessions_user_idx on public.stream_sessions (user_id, created_at desc);

alter table public.stream_sessions enable row level security;
grant select on public.stream_sessions to authenticated;
grant select, insert, update, delete on public.stream_sessions to streams_service;
create policy stream_sessions_select on public.stream_sessions for select to authenticated
  using (user_id between (select private.first_visible_user()) and (select private.last_visible_user()));
create policy stream_sessions_service_all on public.stream_sessions for all to streams_service
  using (true) with check (true);

create trigger stream_sessions_enforce_transitions
  before update of status on public.stream_sessions
  for each row when (old.status is distinct from new.status)
  execute function private.enforce_transitions(
    'starting>running', 'starting>stopping', 'starting>stopped', 'starting>error',
    'running>starting', 'running>stopping', 'running>stopped', 'running>error', 'stopping>stopped', 'stopping>error');

select private.record_events('public.stream_sessions', 'StreamSession', owner => 'user_id',
  unrecorded => '{last_seen_at, bytes_in, peak_viewers, unique_viewers, average_viewers, viewer_seconds}',
  finals => '{
    "SessionDisconnected": ["bytes_in"],
    "SessionEnded": ["bytes_in", "peak_viewers", "unique_viewers", "average_viewers", "viewer_seconds"],
    "SessionCounted": ["peak_viewers", "unique_viewers", "average_viewers", "viewer_seconds"]
  }',
  personal => '{client_ip, rtmp_url, video_source}',
  event => $$case
    when tg_op = 'INSERT' then 'SessionStarted'
    when tg_op = 'DELETE' then 'SessionDeleted'
    when old.is_active and not new.is_active then 'SessionEnded'
    when new.is_active and old.disconnected_at is null and new.disconnected_at is not null then 'SessionDisconnected'
    when new.is_active and old.disconnected_at is not null and new.disconnected_at is null then 'SessionResumed'
    when not new.is_active and (old.peak_viewers, old.unique_viewers, old.average_viewers, old.viewer_seconds)
      <> (new.peak_viewers, new.unique_viewers, new.average_viewers, new.viewer_seconds) then 'SessionCounted'
    else 'SessionUpdated'
  end$$,
  topic => $$case
    when event_type in ('SessionStarted', 'SessionDisconnected', 'SessionResumed', 'SessionEnded')
      then 'user:' || subject.user_id
  end$$,
  payload => $$jsonb_build_object('session_id', subject.id, 'stream_id', subject.stream_id,
    'ended_reason', subject.ended_reason)$$);

alter publication supabase_realtime add table public.stream_sessions;

-- What follows from the sessions ---------------------------------------------------------------

create function private.apply_session_to_user(owner_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.users
  set streams_active = (select count(*) from public.stream_sessions where user_id = owner_id and is_active)
  where id = owner_id;
end
$$;
comment on function private.apply_session_to_user(uuid) is 'Counts a user''s streams_active anew.';

create function private.apply_session_to_stream(stream_id uuid, last_stopped_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  live_since timestamptz;
begin
  select started_at into live_since from public.stream_sessions as session
  where session.stream_id = apply_session_to_stream.stream_id and kind = 'ingest' and is_active;
  if found then
    update public.streams set status = 'live', started_at = live_since, ended_at = null, peak_viewers = 0
    where id = stream_id and status = 'idle';
  else
    update public.streams
    set status = case status when 'live' then 'idle' else status end, ended_at = last_stopped_at, viewer_count = 0
    where id = stream_id and ended_at is null and started_at is not null;
  end if;
end
$$;
comment on function private.apply_session_to_stream(uuid, timestamptz) is
  'Moves a stream between idle and live, with started_at and ended_at, as its active ingest session says.';

create function private.apply_session()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  session public.stream_sessions := coalesce(new, old);
begin
  if session.kind = 'ingest' then
    perform private.apply_session_to_stream(session.stream_id, coalesce(session.stopped_at, now()));
  end if;
  perform private.apply_session_to_user(session.user_id);
  return null;
end
$$;
comment on function private.apply_session() is
  'Trigger: streams.status, started_at, ended_at and users.streams_active follow from the sessions, so that they '
  'cannot drift.';
create trigger stream_sessions_apply_insert
  after insert on public.stream_sessions
  for each row when (new.is_active)
  execute function private.apply_session();
create trigger stream_sessions_apply_update
  after update of status on public.stream_sessions
  for each row when (old.is_active is distinct from new.is_active)
  execute function private.apply_session();
create trigger stream_sessions_apply_delete
  after delete on public.stream_sessions
  for each row when (old.is_active)
  execute function private.apply_session();

create function private.stop_session(session_id uuid, reason text, moment timestamptz default now())
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.stream_sessions
  set status = 'stopped', ended_reason = reason, stopped_at = moment
  where id = session_id and is_active;
end
$$;
comment on function private.stop_session(uuid, text, timestamptz) is
  'Ends a session with a reason, if it is active. The caller has locked its user''s row.';
