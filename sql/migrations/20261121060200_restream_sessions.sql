-- Restream: sessions of requests, from start to stop, and the queue that workers take them from.

insert into private.settings (key, value, comment) values
  ('restream_start_seconds', '300',
    'How long a session may wait to run, for a worker or for its source, before it is queued anew.'),
  ('restream_max_requeues', '3',
    'How often a session is queued anew after its worker was lost; then it ends in error.');

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
comment on table private.restream_jobs is
  'What a worker needs for an active restream session, and who holds it until when. The worker''s id is in '
  'stream_sessions.';
comment on column private.restream_jobs.source_url is
  'Where the worker reads the video; for a file in storage a signed URL, null until it is provided.';
comment on column private.restream_jobs.starting_since is 'Since when the session has been starting; null once it ran.';
comment on column private.restream_jobs.queued_at is 'Since when it waits for a worker; null while a worker has it.';
comment on column private.restream_jobs.lease_expires_at is 'Until when its worker has it; null while none has.';
create index restream_jobs_queue_idx on private.restream_jobs (queued_at)
  where queued_at is not null and source_url is not null;
create index restream_jobs_lease_idx on private.restream_jobs (lease_expires_at) where lease_expires_at is not null;
create index restream_jobs_starting_idx on private.restream_jobs (starting_since) where starting_since is not null;
create index restream_jobs_request_idx on private.restream_jobs (request_id);

create function private.notify_workers(session_id uuid, worker_id text, status text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform pg_notify('restream_sessions', jsonb_build_object(
    'session_id', session_id, 'worker_id', worker_id, 'status', status)::text);
end
$$;
comment on function private.notify_workers(uuid, text, text) is
  'Tells the workers that listen on the channel restream_sessions that there is a session to claim (starting), or one '
  'of theirs to renew at once.';

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
    update public.stream_requests set status = 'stopped', stopped_at = new.stopped_at
    where session_id = new.id and status = 'streaming';
  end if;
  return null;
end
$$;
comment on function private.apply_restream_session() is
  'Trigger: a session that stops tells its worker; one that ended leaves the queue, and its request is stopped.';
create trigger stream_sessions_apply_restream
  after update of status on public.stream_sessions
  for each row when (
    new.kind = 'restream' and old.status <> new.status and new.status in ('stopping', 'stopped', 'error'))
  execute function private.apply_restream_session();

create function private.forget_addresses(target_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  delete from private.stream_request_secrets
  where request_id = target_id
    and exists (
      select from public.stream_requests
      where id = target_id and (status = 'rejected' or (status <> 'pending' and approved_at is null)))
    and not exists (select from private.restream_jobs as job where job.request_id = target_id);
end
$$;
comment on function private.forget_addresses(uuid) is
  'Deletes the addresses of a request that is rejected or cancelled, with their keys, unless a session of it still '
  'needs them, if only to keep them out of its last report.';

create function private.forget_request_addresses()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.forget_addresses(new.id);
  return null;
end
$$;
comment on function private.forget_request_addresses() is 'Trigger: a rejected or cancelled request needs no key.';
create trigger stream_requests_forget_addresses
  after update of status, approved_at on public.stream_requests
  for each row when (new.status = 'rejected' or new.approved_at is null)
  execute function private.forget_request_addresses();

create function private.forget_job_addresses()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.forget_addresses(old.request_id);
  return null;
end
$$;
comment on function private.forget_job_addresses() is
  'Trigger: the last session of a rejected or cancelled request has ended.';
create trigger restream_jobs_forget_addresses
  after delete on private.restream_jobs
  for each row execute function private.forget_job_addresses();

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
comment on function private.announce_deleted_session() is
  'Trigger: a session''s worker is told that it is gone, with its stream or its user.';
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
  'The stream under which a request''s sessions are kept, made private if it has none. The caller has locked its '
  'user''s row. Raises max_streams_reached.';

create function private.admit_restream(stream public.streams)
returns void
language plpgsql
set search_path = ''
as $$
declare
  refusal private.refusal;
begin
  perform private.stop_ended_sessions(stream.user_id);
  refusal := private.find_closed_refusal(stream);
  if refusal.code is null then
    refusal := private.find_limit_refusal(stream.user_id);
  end if;
  if refusal.code is not null then
    perform private.fail(refusal.code, refusal.message);
  end if;
end
$$;
comment on function private.admit_restream(public.streams) is
  'The rules of admission for one more session. The caller has locked the user''s row. Raises stream_disabled, '
  'stream_expired, stream_limit_reached.';

create function private.queue_session(request public.stream_requests, stream public.streams)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
declare
  in_storage constant boolean := request.video_url is null;
  source_url constant text := (
    select video_source from private.stream_request_secrets where request_id = request.id and not in_storage);
  session public.stream_sessions;
begin
  insert into public.stream_sessions (stream_id, user_id, kind, status, rtmp_url, video_source)
  values (stream.id, request.user_id, 'restream', 'starting', request.rtmp_url, request.video_source)
  returning * into session;
  insert into private.restream_jobs (session_id, request_id, source_url, is_storage)
  values (session.id, request.id, source_url, in_storage);
  update public.stream_requests
  set status = 'streaming', session_id = session.id, started_at = now(), stopped_at = null
  where id = request.id;
  return session;
end
$$;
comment on function private.queue_session(public.stream_requests, public.streams) is
  'Makes a request''s session, starting, and its job.';

create function private.start_stream_request(request_id uuid)
returns public.stream_sessions
language plpgsql
security definer
set search_path = ''
as $$
declare
  request public.stream_requests := private.lock_managed_request(request_id);
  stream public.streams;
  session public.stream_sessions;
begin
  if request.status = 'streaming' then
    select * into session from public.stream_sessions where id = request.session_id;
    return session;
  elsif request.status not in ('approved', 'stopped') or request.approved_at is null then
    perform private.fail('request_not_approved',
      format('This request is %s.', case when request.status = 'stopped' then 'cancelled' else request.status end));
  end if;
  if private.is_video_changed(request.id) then
    perform private.fail('video_changed', private.describe_changed_video(request.video_source));
  end if;
  stream := private.provide_request_stream(request);
  perform private.admit_restream(stream);
  return private.queue_session(request, stream);
end
$$;
comment on function private.start_stream_request(uuid) is
  'Starts an approved request, or one that stopped: returns its session, starting; the active one where it is '
  'streaming already. A file in storage waits for provide_session_source, so call the edge function stream-start. For '
  'the owner and admins. Raises max_streams_reached, request_not_approved, request_not_found, sign_in_required, '
  'stream_disabled, stream_expired, stream_limit_reached, video_changed.';
select private.publish_rpc('private.start_stream_request(uuid)', 'authenticated');

create function private.provide_session_source(session_id uuid, source_url text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if private.parse_address(source_url, array['http', 'https']) is null then
    perform private.fail('source_url_invalid', 'source_url must be an http(s) address.');
  end if;
  update private.restream_jobs set source_url = provide_session_source.source_url
  where restream_jobs.session_id = provide_session_source.session_id and is_storage;
end
$$;
comment on function private.provide_session_source(uuid, text) is
  'Gives a session the signed URL of its file in storage, so that workers can claim it. Nothing happens to a session '
  'that has ended or reads from elsewhere. Raises source_url_invalid. Callable by service_role.';
select private.publish_rpc('private.provide_session_source(uuid, text)', 'service_role');

-- Stop -----------------------------------------------------------------------------------------

create function private.find_overseen_session(session_id uuid)
returns public.stream_sessions
language plpgsql
stable
set search_path = ''
as $$
declare
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions where id = session_id and private.may_oversee(user_id);
  if not found then
    perform private.fail('session_not_found', format('There is no session %s that you may see.', session_id));
  end if;
  return session;
end
$$;
comment on function private.find_overseen_session(uuid) is
  'The session, if the caller owns it, is an admin or trusted. Raises session_not_found.';

create function private.ask_to_stop(session_id uuid)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
declare
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions where id = session_id for no key update;
  if session.status in ('starting', 'running') and session.worker_id is not null then
    update public.stream_sessions set status = 'stopping' where id = session.id returning * into session;
  elsif session.status = 'starting' then
    perform private.stop_session(session.id, 'stopped');
    select * into session from public.stream_sessions where id = session_id;
  end if;
  return session;
end
$$;
comment on function private.ask_to_stop(uuid) is
  'Has a restream session''s worker stop it; stops it at once where no worker has it. The caller has locked its '
  'user''s row.';

create function private.stop_restream(session_id uuid)
returns public.stream_sessions
language plpgsql
security definer
set search_path = ''
as $$
declare
  session public.stream_sessions := private.find_overseen_session(session_id);
begin
  if session.kind <> 'restream' then
    perform private.fail('session_not_restream', 'An encoder pushes this session.');
  end if;
  perform from public.users where id = session.user_id for no key update;
  return private.ask_to_stop(session_id);
end
$$;
comment on function private.stop_restream(uuid) is
  'Asks for a restream session to be stopped and returns it: stopping while its worker ends it, stopped if none has '
  'it; one that ended stays as it is. For the owner and admins. Raises session_not_found, session_not_restream, '
  'sign_in_required.';
select private.publish_rpc('private.stop_restream(uuid)', 'authenticated');

create function private.cancel_stream_request(id uuid)
returns public.stream_requests
language plpgsql
security definer
set search_path = ''
as $$
declare
  request public.stream_requests := private.lock_managed_request(id);
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
  where stream_requests.id = request.id returning * into request;
  return request;
end
$$;
comment on function private.cancel_stream_request(uuid) is
  'Gives a request up for good and returns it: it is stopped, or, where it is streaming, will be when its session has '
  'ended. A rejected one stays as it is. For the owner and admins. Raises request_not_found, sign_in_required.';
select private.publish_rpc('private.cancel_stream_request(uuid)', 'authenticated');

create function private.reject_stream_request(id uuid, notes text default null)
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
  request := private.lock_managed_request(id);
  if request.status = 'rejected' then
    return request;
  end if;
  update public.stream_requests
  set status = 'rejected', admin_notes = coalesce(notes, admin_notes),
      stopped_at = case when status = 'streaming' then now() else stopped_at end
  where stream_requests.id = request.id returning * into request;
  if request.session_id is not null then
    perform private.ask_to_stop(request.session_id);
  end if;
  return request;
end
$$;
comment on function private.reject_stream_request(uuid, text) is
  'Refuses a request for good, or takes an approval back and stops what is streaming; returns it. For admins. Raises '
  'admin_required, notes_invalid, request_not_found, sign_in_required.';
select private.publish_rpc('private.reject_stream_request(uuid, text)', 'authenticated');
