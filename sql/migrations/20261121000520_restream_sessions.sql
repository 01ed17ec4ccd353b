-- Restream: sessions of requests, from start to stop, and the queue that workers take them from.

insert into private.settings (key, value, comment) values
  ('restream_start_seconds', '300', 'How long a session may wait to run, for a worker or for its source, before it is queued anew.'),
  ('restream_max_requeues', '3', 'How often a session is queued anew after its worker was lost; then it ends in error.');

create table private.restream_jobs (
  session_id uuid primary key references public.stream_sessions (id) on delete cascade,
  request_id uuid not null references public.stream_requests (id) on delete cascade,
  source_url text,
  is_storage boolean not null,
  requeue_count integer not null default 0,
  starting_since timestamptz default now(),
  queued_at timestamptz default now(),
  lease_seconds integer,
  lease_expires_at timestamptz
) with (fillfactor = 70);
comment on table private.restream_jobs is 'What a worker needs for an active restream session, and who holds it until when. The worker''s id is in stream_sessions.';
comment on column private.restream_jobs.source_url is 'Where the worker reads the video; for a file in storage a signed URL, null until it is provided.';
comment on column private.restream_jobs.starting_since is 'Since when the session has been starting; null once it ran.';
comment on column private.restream_jobs.queued_at is 'Since when it waits for a worker; null while a worker has it.';
comment on column private.restream_jobs.lease_expires_at is 'Until when its worker has it; null while none has.';
create index restream_jobs_queue_idx on private.restream_jobs (queued_at) where queued_at is not null and source_url is not null;
create index restream_jobs_lease_idx on private.restream_jobs (lease_expires_at) where lease_expires_at is not null;
create index restream_jobs_starting_idx on private.restream_jobs (starting_since) where starting_since is not null;
create index restream_jobs_request_idx on private.restream_jobs (request_id);

create function private.notify_workers(session_id uuid, worker_id text, status text)
returns void
language sql
set search_path = ''
as $$
  select pg_notify('restream_sessions', jsonb_build_object('session_id', session_id, 'worker_id', worker_id, 'status', status)::text)
$$;
comment on function private.notify_workers(uuid, text, text) is
  'Tells the workers that listen on the channel restream_sessions that there is a session to claim (starting), or one of theirs to renew at once.';

create function private.announce_job()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.notify_workers(new.session_id, null, 'starting');
  return null;
end
$$;
comment on function private.announce_job() is 'Trigger: a job can be claimed.';
create trigger restream_jobs_announce
  after insert or update of queued_at, source_url on private.restream_jobs
  for each row when (new.queued_at is not null and new.source_url is not null)
  execute function private.announce_job();

create function private.apply_restream_session()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.worker_id is not null then
    perform private.notify_workers(new.id, new.worker_id, new.status);
  end if;
  if not new.is_active then
    delete from private.restream_jobs where session_id = new.id;
    update public.stream_requests set status = 'stopped', stopped_at = new.stopped_at where session_id = new.id and status = 'streaming';
  end if;
  return null;
end
$$;
comment on function private.apply_restream_session() is
  'Trigger: a session that stops tells its worker; one that ended leaves the queue, and its request is stopped.';
create trigger stream_sessions_apply_restream
  after update of status on public.stream_sessions
  for each row when (new.kind = 'restream' and old.status <> new.status and new.status in ('stopping', 'stopped', 'error'))
  execute function private.apply_restream_session();

create function private.announce_deleted_session()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.notify_workers(old.id, old.worker_id, 'deleted');
  return null;
end
$$;
comment on function private.announce_deleted_session() is 'Trigger: a session''s worker is told that it is gone, with its stream or its user.';
create trigger stream_sessions_announce_deleted
  after delete on public.stream_sessions
  for each row when (old.kind = 'restream' and old.is_active and old.worker_id is not null)
  execute function private.announce_deleted_session();

-- Start ----------------------------------------------------------------------------------------

create function private.provide_request_stream(request public.stream_requests)
returns public.streams
language plpgsql
set search_path = ''
as $$
declare
  stream public.streams;
begin
  select * into stream from public.streams where id = request.stream_id;
  if not found then
    stream := private.add_stream(request.user_id, request.title, request.description, 'private', null, '{}');
    update public.stream_requests set stream_id = stream.id where id = request.id;
  end if;
  return stream;
end
$$;
comment on function private.provide_request_stream(public.stream_requests) is
  'The stream under which a request''s sessions are kept, made private if it has none. The caller has locked its user''s row. Raises PT409 max_streams_reached.';

create function private.admit_restream(stream public.streams)
returns void
language plpgsql
set search_path = ''
as $$
declare
  refusal private.refusal;
  answer jsonb;
begin
  perform private.stop_ended_sessions(stream.user_id);
  refusal := private.find_closed_refusal(stream);
  if refusal.code is null then
    refusal := private.find_limit_refusal(stream.user_id);
  end if;
  if refusal.code is not null then
    answer := private.describe_refusal(refusal.code, refusal.message);
    perform private.fail((answer ->> 'status')::integer, refusal.code, refusal.message, answer ->> 'hint');
  end if;
end
$$;
comment on function private.admit_restream(public.streams) is
  'The rules of admission for one more session. The caller has locked the user''s row. Raises PT402 stream_limit_reached, PT403 stream_disabled, PT410 stream_expired.';

create function private.queue_session(request public.stream_requests, stream public.streams)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
declare
  given_source text := (select video_source from private.stream_request_secrets where request_id = request.id);
  in_storage boolean := request.video_url is null;
  session public.stream_sessions;
begin
  insert into public.stream_sessions (stream_id, user_id, kind, status, rtmp_url, video_source)
  values (stream.id, request.user_id, 'restream', 'starting', request.rtmp_url, request.video_source)
  returning * into session;
  insert into private.restream_jobs (session_id, request_id, source_url, is_storage)
  values (session.id, request.id, case when not in_storage then given_source end, in_storage);
  update public.stream_requests
  set status = 'streaming', session_id = session.id, started_at = now(), stopped_at = null
  where id = request.id;
  return session;
end
$$;
comment on function private.queue_session(public.stream_requests, public.streams) is 'Makes a request''s session, starting, and its job.';

create function private.start_stream_request(wanted_request uuid)
returns public.stream_sessions
language plpgsql
security definer
set search_path = ''
as $$
declare
  request public.stream_requests := private.lock_managed_request(wanted_request);
  stream public.streams;
  session public.stream_sessions;
begin
  if request.status = 'streaming' then
    select * into session from public.stream_sessions where id = request.session_id;
    return session;
  elsif request.status not in ('approved', 'stopped') or request.approved_at is null then
    perform private.fail(409, 'request_not_approved',
      format('This request is %s.', case when request.status = 'stopped' then 'cancelled' else request.status end),
      case when request.status = 'pending' then 'Wait until an admin has approved it.' else 'Make a new request.' end);
  end if;
  stream := private.provide_request_stream(request);
  perform private.admit_restream(stream);
  return private.queue_session(request, stream);
end
$$;
comment on function private.start_stream_request(uuid) is 'See public.start_stream_request.';
grant execute on function private.start_stream_request(uuid) to authenticated, service_role;

create function public.start_stream_request(request_id uuid)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
begin
  return private.start_stream_request(start_stream_request.request_id);
end
$$;
comment on function public.start_stream_request(uuid) is
  'Starts an approved request, or one that stopped: returns its session, starting; the active one where it is streaming already. '
  'A file in storage waits for provide_session_source, so call the edge function stream-start. For the owner and admins. '
  'Raises PT402 stream_limit_reached, PT403 stream_disabled, PT404 request_not_found, PT409 request_not_approved, max_streams_reached, PT410 stream_expired.';
grant execute on function public.start_stream_request(uuid) to authenticated;

create function private.provide_session_source(target_session uuid, signed_url text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if private.parse_address(signed_url, array['http', 'https']) is null then
    perform private.fail(400, 'source_url_invalid', 'source_url must be an http(s) address.', 'Give the signed URL of the file.');
  end if;
  update private.restream_jobs set source_url = signed_url where session_id = target_session and is_storage;
end
$$;
comment on function private.provide_session_source(uuid, text) is 'See public.provide_session_source.';
grant execute on function private.provide_session_source(uuid, text) to service_role;

create function public.provide_session_source(session_id uuid, source_url text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.provide_session_source(provide_session_source.session_id, provide_session_source.source_url);
end
$$;
comment on function public.provide_session_source(uuid, text) is
  'Gives a session the signed URL of its file in storage, so that workers can claim it. Nothing happens to a session that has ended or reads from elsewhere. '
  'Raises PT400 source_url_invalid. Callable by service_role.';

-- Stop -----------------------------------------------------------------------------------------

create function private.ask_to_stop(target_session uuid)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
declare
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions where id = target_session for no key update;
  if session.status in ('starting', 'running') and session.worker_id is not null then
    update public.stream_sessions set status = 'stopping' where id = session.id returning * into session;
  elsif session.status = 'starting' then
    perform private.stop_session(session.id, 'stopped');
    select * into session from public.stream_sessions where id = target_session;
  end if;
  return session;
end
$$;
comment on function private.ask_to_stop(uuid) is
  'Has a restream session''s worker stop it; stops it at once where no worker has it. The caller has locked its user''s row.';

create function private.stop_restream(target_session uuid)
returns public.stream_sessions
language plpgsql
security definer
set search_path = ''
as $$
declare
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions
  where id = target_session and private.may_oversee(user_id);
  if not found then
    perform private.fail(404, 'session_not_found', format('There is no session %s that you may stop.', target_session), 'Check the id.');
  elsif session.kind <> 'restream' then
    perform private.fail(409, 'session_not_restream', 'An encoder pushes this session.', 'Stop the encoder, or disable the stream.');
  end if;
  perform from public.users where id = session.user_id for no key update;
  return private.ask_to_stop(target_session);
end
$$;
comment on function private.stop_restream(uuid) is 'See public.stop_restream.';
grant execute on function private.stop_restream(uuid) to authenticated, service_role;

create function public.stop_restream(session_id uuid)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
begin
  return private.stop_restream(stop_restream.session_id);
end
$$;
comment on function public.stop_restream(uuid) is
  'Asks for a restream session to be stopped and returns it: stopping while its worker ends it, stopped if none has it; one that ended stays as it is. '
  'For the owner and admins. Raises PT404 session_not_found, PT409 session_not_restream.';
grant execute on function public.stop_restream(uuid) to authenticated;

create function private.cancel_stream_request(wanted_request uuid)
returns public.stream_requests
language plpgsql
security definer
set search_path = ''
as $$
declare
  request public.stream_requests := private.lock_managed_request(wanted_request);
begin
  if request.status = 'rejected' then
    return request;
  elsif request.status = 'streaming' then
    perform private.ask_to_stop(request.session_id);
  end if;
  update public.stream_requests
  set approved_at = null, approved_by = null,
      stopped_at = case when status in ('pending', 'approved') then now() else stopped_at end,
      status = case when status in ('pending', 'approved') then 'stopped' else status end
  where id = request.id returning * into request;
  return request;
end
$$;
comment on function private.cancel_stream_request(uuid) is 'See public.cancel_stream_request.';
grant execute on function private.cancel_stream_request(uuid) to authenticated, service_role;

create function public.cancel_stream_request(id uuid)
returns public.stream_requests
language plpgsql
set search_path = ''
as $$
begin
  return private.cancel_stream_request(cancel_stream_request.id);
end
$$;
comment on function public.cancel_stream_request(uuid) is
  'Gives a request up for good and returns it: it is stopped, or, where it is streaming, will be when its session has ended. A rejected one stays as it is. '
  'For the owner and admins. Raises PT404 request_not_found.';
grant execute on function public.cancel_stream_request(uuid) to authenticated;

create function private.reject_stream_request(wanted_request uuid, notes text)
returns public.stream_requests
language plpgsql
security definer
set search_path = ''
as $$
declare
  request public.stream_requests;
begin
  perform private.require_admin();
  perform private.check_text('notes', notes, 0, 2000, multiline => true);
  request := private.lock_managed_request(wanted_request);
  if request.status = 'rejected' then
    return request;
  end if;
  update public.stream_requests
  set status = 'rejected', admin_notes = coalesce(notes, admin_notes), stopped_at = case when status = 'streaming' then now() else stopped_at end
  where id = request.id returning * into request;
  if request.session_id is not null then
    perform private.ask_to_stop(request.session_id);
  end if;
  return request;
end
$$;
comment on function private.reject_stream_request(uuid, text) is 'See public.reject_stream_request.';
grant execute on function private.reject_stream_request(uuid, text) to authenticated, service_role;

create function public.reject_stream_request(id uuid, notes text default null)
returns public.stream_requests
language plpgsql
set search_path = ''
as $$
begin
  return private.reject_stream_request(reject_stream_request.id, reject_stream_request.notes);
end
$$;
comment on function public.reject_stream_request(uuid, text) is
  'Refuses a request for good, or takes an approval back and stops what is streaming; returns it. Admins only (PT403 admin_required). '
  'Raises PT400 notes_invalid, PT404 request_not_found.';
grant execute on function public.reject_stream_request(uuid, text) to authenticated;
