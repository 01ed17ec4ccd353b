-- Restream: what workers call. A worker holds a session under a lease; whoever lost it is refused (fencing).

do $$
begin
  create role restream_worker nologin;
exception when duplicate_object then
  null; -- roles belong to the cluster: another database may have made it
end
$$;
comment on role restream_worker is 'May claim, renew and report restream sessions and nothing else. Granted to the workers'' login roles at deployment.';
grant usage on schema public, private to restream_worker;

create function private.fail_lease_lost(target_session uuid, worker text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.fail(409, 'lease_lost', format('Worker %s does not hold session %s.', worker, target_session), 'Stop pushing it at once.');
end
$$;
comment on function private.fail_lease_lost(uuid, text) is 'Raises PT409 lease_lost.';

create function private.hold_session(target_session uuid, worker text)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
declare
  held public.stream_sessions;
begin
  update public.stream_sessions set last_seen_at = now()
  where id = target_session and worker_id = worker and is_active and kind = 'restream'
  returning * into held;
  if not found then
    perform private.fail_lease_lost(target_session, worker);
  end if;
  update private.restream_jobs set lease_expires_at = now() + make_interval(secs => lease_seconds)
  where session_id = target_session and lease_expires_at > now();
  if not found then
    perform private.fail_lease_lost(target_session, worker);
  end if;
  return held;
end
$$;
comment on function private.hold_session(uuid, text) is 'The session, if the worker''s lease on it still runs; it runs anew. Raises PT409 lease_lost.';

-- Lost and queued anew -------------------------------------------------------------------------

create view private.lost_sessions as
  select session.id, session.user_id, session.status, job.requeue_count,
    case when job.lease_expires_at <= now() then 'lease_expired' else 'not_started' end as reason
  from private.restream_jobs as job
  join public.stream_sessions as session on session.id = job.session_id
  where job.lease_expires_at <= now()
    or job.starting_since <= (select now() - private.setting_seconds('restream_start_seconds'));
comment on view private.lost_sessions is 'Restream sessions whose worker''s lease ran out, or that have been starting for too long.';

create function private.requeue_session(target_session uuid, requeues integer)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.stream_sessions set status = 'starting', worker_id = null, container_id = null where id = target_session;
  update private.restream_jobs
  set requeue_count = requeue_count + requeues, starting_since = now(), queued_at = now(), lease_seconds = null, lease_expires_at = null
  where session_id = target_session;
end
$$;
comment on function private.requeue_session(uuid, integer) is 'Puts a session back into the queue; requeues (0 or 1) counts against restream_max_requeues.';

create function private.settle_lost_session(lost private.lost_sessions)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if lost.status = 'stopping' then
    perform private.stop_session(lost.id, lost.reason);
  elsif lost.requeue_count < private.setting_integer('restream_max_requeues') then
    perform private.requeue_session(lost.id, 1);
  else
    update public.stream_sessions
    set status = 'error', stopped_at = now(), ended_reason = lost.reason,
        error = format('%s %s times.', case lost.reason when 'lease_expired' then 'The worker was lost' else 'No worker got it running' end, lost.requeue_count + 1)
    where id = lost.id;
  end if;
end
$$;
comment on function private.settle_lost_session(private.lost_sessions) is
  'Queues a lost session anew, stops it where that was asked for, ends it in error where it was queued anew too often. The caller has locked its user''s row.';

create function private.cleanup_orphaned_streams()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  owner_id uuid;
  lost private.lost_sessions;
  settled integer := 0;
begin
  for owner_id in select distinct user_id from private.lost_sessions order by user_id loop
    perform from public.users where id = owner_id for no key update skip locked;
    continue when not found;
    for lost in select * from private.lost_sessions where user_id = owner_id loop
      perform from public.stream_sessions where id = lost.id for no key update skip locked;
      if found and exists (select from private.lost_sessions where id = lost.id) then
        perform private.settle_lost_session(lost);
        settled := settled + 1;
      end if;
    end loop;
  end loop;
  return settled;
end
$$;
comment on function private.cleanup_orphaned_streams() is 'See public.cleanup_orphaned_streams.';
grant execute on function private.cleanup_orphaned_streams() to service_role, streams_service;

create function public.cleanup_orphaned_streams()
returns integer
language plpgsql
set search_path = ''
as $$
begin
  return private.cleanup_orphaned_streams();
end
$$;
comment on function public.cleanup_orphaned_streams() is
  'Settles restream sessions that were lost (worker''s lease ran out, or starting for too long): queued anew up to restream_max_requeues times, then error with a reason; '
  'stopped where that was asked for. Run by the cleanup job and by each claim. Returns how many; those being changed at the moment wait for the next run. '
  'Callable by service_role and streams_service.';
grant execute on function public.cleanup_orphaned_streams() to streams_service;

-- Claim ----------------------------------------------------------------------------------------

create function private.describe_claim(job private.restream_jobs)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  request public.stream_requests;
begin
  select * into request from public.stream_requests where id = job.request_id;
  return jsonb_build_object(
    'session', jsonb_build_object('id', job.session_id, 'source_url', job.source_url, 'is_storage', job.is_storage,
      'rtmp_url', (select rtmp_url from private.stream_request_secrets where request_id = request.id),
      'repeat', request.repeat, 'attempt', job.requeue_count + 1, 'lease_seconds', job.lease_seconds),
    'rules', jsonb_build_object('forbidden_networks', to_jsonb(private.forbidden_networks()),
      'allowed_source_hosts', private.setting('allowed_source_hosts'), 'allowed_target_hosts', private.setting('allowed_target_hosts')));
end
$$;
comment on function private.describe_claim(private.restream_jobs) is
  'What a worker gets: {session: {id, source_url, is_storage, rtmp_url, repeat, attempt, lease_seconds}, rules: {forbidden_networks, allowed_source_hosts, allowed_target_hosts}}.';

create function private.claim_session(worker text, wanted_seconds integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  job private.restream_jobs;
begin
  perform private.check_text('worker_id', worker, 1, 200);
  if wanted_seconds is null or wanted_seconds not between 10 and 3600 then
    perform private.fail(400, 'lease_seconds_invalid', format('lease_seconds must be 10 to 3600, got %s.', coalesce(wanted_seconds::text, 'nothing')),
      'Half a minute suits most.');
  end if;
  perform private.cleanup_orphaned_streams();
  select queued.* into job
  from private.restream_jobs as queued
  join public.stream_sessions as session on session.id = queued.session_id
  where queued.queued_at is not null and queued.source_url is not null and session.status = 'starting'
  order by queued.queued_at limit 1
  for no key update skip locked;
  if not found then
    return jsonb_build_object('session', null, 'retry_in_seconds',
      (select greatest(round(extract(epoch from min(lease_expires_at) - now()), 1), 0) from private.restream_jobs where lease_expires_at is not null));
  end if;
  update public.stream_sessions set worker_id = worker, last_seen_at = now() where id = job.session_id;
  update private.restream_jobs
  set queued_at = null, lease_seconds = wanted_seconds, lease_expires_at = now() + make_interval(secs => wanted_seconds)
  where session_id = job.session_id returning * into job;
  return private.describe_claim(job);
end
$$;
comment on function private.claim_session(text, integer) is 'See public.claim_session.';
grant execute on function private.claim_session(text, integer) to restream_worker, service_role;

create function public.claim_session(worker_id text, lease_seconds integer)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return private.claim_session(claim_session.worker_id, claim_session.lease_seconds);
end
$$;
comment on function public.claim_session(text, integer) is
  'Gives the worker the session that has waited longest, for lease_seconds (10 to 3600), with the real source and target: '
  '{session: {id, source_url, is_storage, rtmp_url, repeat, attempt, lease_seconds}, rules: {forbidden_networks, allowed_source_hosts, allowed_target_hosts}}; '
  'or {session: null, retry_in_seconds} with the time until the next lease of another worker runs out (null: none is held). '
  'Raises PT400 worker_id_invalid, lease_seconds_invalid. Callable by restream_worker and service_role.';
grant execute on function public.claim_session(text, integer) to restream_worker;

-- Renew and report -----------------------------------------------------------------------------

create function private.renew_session(target_session uuid, worker text, stats jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  held public.stream_sessions := private.hold_session(target_session, worker);
begin
  if jsonb_typeof(stats) <> 'null' then
    perform private.record_health(target_session, stats);
  end if;
  return jsonb_build_object('status', held.status,
    'lease_seconds', (select lease_seconds from private.restream_jobs where session_id = target_session));
end
$$;
comment on function private.renew_session(uuid, text, jsonb) is 'See public.renew_session.';
grant execute on function private.renew_session(uuid, text, jsonb) to restream_worker, service_role;

create function public.renew_session(session_id uuid, worker_id text, stats jsonb default null)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return private.renew_session(renew_session.session_id, renew_session.worker_id, renew_session.stats);
end
$$;
comment on function public.renew_session(uuid, text, jsonb) is
  'The worker''s lease runs anew; returns {status, lease_seconds}: stopping asks it to stop. stats, {bitrate_kbps, fps, speed, dropped_frames, out_seconds}, go to get_stream_health. '
  'Raises PT409 lease_lost (stop pushing at once), PT400 stats_invalid. Callable by restream_worker and service_role.';
grant execute on function public.renew_session(uuid, text, jsonb) to restream_worker;

create function private.mask_report(target_session uuid, report text)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  addresses private.stream_request_secrets;
  secret text;
begin
  select secrets.* into addresses from private.stream_request_secrets as secrets
  join private.restream_jobs as job on job.request_id = secrets.request_id and job.session_id = target_session;
  foreach secret in array array[
    (private.parse_address(addresses.rtmp_url, array['rtmp', 'rtmps'])).path || (private.parse_address(addresses.rtmp_url, array['rtmp', 'rtmps'])).query,
    substring(addresses.rtmp_url from '//[^/]+/[^/]+/(.+)$'), substring(addresses.rtmp_url from '([^/]{4,})$'),
    substring(addresses.video_source from '\?(.{4,})$')]
  loop
    report := replace(report, coalesce(nullif(secret, ''), chr(1)), '****');
  end loop;
  return left(regexp_replace(report, '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]', '', 'g'), 4000);
end
$$;
comment on function private.mask_report(uuid, text) is
  'A worker''s words, without the session''s key and signature should they stand in there, without control characters, at most 4000 characters.';

create function private.end_restream(session public.stream_sessions, report_status text, report text, code integer)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.stream_sessions
  set status = case when session.status = 'stopping' then 'stopped' else report_status end,
      ended_reason = case when session.status = 'stopping' then 'stopped' when report_status = 'stopped' then 'finished' else 'failed' end,
      error = private.mask_report(session.id, report), exit_code = code, stopped_at = now()
  where id = session.id;
end
$$;
comment on function private.end_restream(public.stream_sessions, text, text, integer) is
  'Ends a session as its worker reports: finished by itself, stopped because asked to, or failed. The caller has locked its user''s row.';

create function private.report_session(target_session uuid, worker text, report_status text, container text, report text, code integer)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  held public.stream_sessions;
begin
  perform private.check_one_of('status', report_status, array['starting', 'running', 'stopped', 'error']);
  perform private.check_text('container_id', container, 0, 100);
  perform from public.users
  where id = (select user_id from public.stream_sessions where id = target_session) for no key update;
  select * into held from public.stream_sessions where id = target_session and worker_id = worker and not is_active and report_status in ('stopped', 'error');
  if found then
    return jsonb_build_object('status', held.status); -- told twice
  end if;
  held := private.hold_session(target_session, worker);
  if report_status = 'running' then
    update public.stream_sessions
    set status = case status when 'starting' then 'running' else status end, started_at = coalesce(started_at, now()), container_id = coalesce(container, container_id)
    where id = target_session;
    update private.restream_jobs set starting_since = null where session_id = target_session;
  elsif report_status = 'starting' and held.status <> 'stopping' then
    perform private.requeue_session(target_session, 0);
  else
    perform private.end_restream(held, case report_status when 'error' then 'error' else 'stopped' end, report, code);
  end if;
  select * into held from public.stream_sessions where id = target_session;
  return jsonb_build_object('status', held.status);
end
$$;
comment on function private.report_session(uuid, text, text, text, text, integer) is 'See public.report_session.';
grant execute on function private.report_session(uuid, text, text, text, text, integer) to restream_worker, service_role;

create function public.report_session(session_id uuid, worker_id text, status text, container_id text default null, error text default null, exit_code integer default null)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return private.report_session(report_session.session_id, report_session.worker_id, report_session.status, report_session.container_id,
    report_session.error, report_session.exit_code);
end
$$;
comment on function public.report_session(uuid, text, text, text, text, integer) is
  'The worker says what became of its session: running (it pushes; container_id where it has one), stopped (the video ended, or it was asked to), error '
  '(with what ffmpeg said last and its exit code), starting (it gives the session back to the queue). Returns {status}. The same end told twice is answered twice. '
  'Raises PT409 lease_lost, PT400 status_invalid, container_id_invalid. Callable by restream_worker and service_role.';
grant execute on function public.report_session(uuid, text, text, text, text, integer) to restream_worker;
