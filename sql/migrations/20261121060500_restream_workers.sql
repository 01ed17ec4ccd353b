-- Restream: what workers call.

do $$
begin
  create role restream_worker nologin;
exception when duplicate_object then
  null; -- roles belong to the cluster: another database may have made it
end
$$;
comment on role restream_worker is
  'May claim, renew and report restream sessions and nothing else. Granted to the workers'' login roles at deployment.';
grant usage on schema public, private to restream_worker;

-- Claim ----------------------------------------------------------------------------------------

create type public.claimed_session as (
  id uuid,
  source_url text,
  is_storage boolean,
  rtmp_url text,
  repeat boolean,
  attempt integer,
  lease_seconds integer
);
comment on type public.claimed_session is 'A restream session as its worker gets it, with its secrets.';
comment on column public.claimed_session.id is 'The session.';
comment on column public.claimed_session.source_url is 'Where the worker reads the video.';
comment on column public.claimed_session.is_storage is 'Whether that is a file in storage.';
comment on column public.claimed_session.rtmp_url is 'Where it is pushed to.';
comment on column public.claimed_session.repeat is 'Begin again at the end of the video, until stopped.';
comment on column public.claimed_session.attempt is 'From 1; more when workers before this one have lost it.';
comment on column public.claimed_session.lease_seconds is 'How long the worker holds it, counted anew at each renewal.';

create type public.worker_rules as (
  forbidden_networks cidr[],
  allowed_source_hosts text[],
  allowed_target_hosts text[]
);
comment on type public.worker_rules is 'Which addresses a worker may connect to.';
comment on column public.worker_rules.forbidden_networks is 'The networks that it may not.';
comment on column public.worker_rules.allowed_source_hosts is
  'Hosts ("host" or "host:port") that it may read from although they are in one of these.';
comment on column public.worker_rules.allowed_target_hosts is
  'Hosts ("host" or "host:port") that it may push to although they are in one of these.';

create type public.session_claim as (
  session public.claimed_session,
  rules public.worker_rules,
  retry_in_seconds numeric
);
comment on type public.session_claim is 'What claim_session answers.';
comment on column public.session_claim.session is 'The session that the worker holds from now on; null: none waits.';
comment on column public.session_claim.rules is 'What holds for its addresses; null without a session.';
comment on column public.session_claim.retry_in_seconds is
  'When the next lease of another worker runs out; null with a session, and where none is held.';

create function private.describe_worker_rules()
returns public.worker_rules
language plpgsql
stable
set search_path = ''
as $$
begin
  return row(private.forbidden_networks(),
    array(select jsonb_array_elements_text(private.setting('allowed_source_hosts'))),
    array(select jsonb_array_elements_text(private.setting('allowed_target_hosts'))))::public.worker_rules;
end
$$;
comment on function private.describe_worker_rules() is 'The rules that hold now.';

create function private.describe_claim(job private.restream_jobs)
returns public.session_claim
language plpgsql
stable
set search_path = ''
as $$
declare
  claimed public.claimed_session;
begin
  select job.session_id, job.source_url, job.is_storage, secrets.rtmp_url, request.repeat, job.requeue_count + 1,
    job.lease_seconds
  into claimed
  from public.stream_requests as request
  join private.stream_request_secrets as secrets on secrets.request_id = request.id
  where request.id = job.request_id;
  return row(claimed, private.describe_worker_rules(), null)::public.session_claim;
end
$$;
comment on function private.describe_claim(private.restream_jobs) is 'What a worker gets that has claimed a job.';

create function private.describe_idle_queue()
returns public.session_claim
language plpgsql
stable
set search_path = ''
as $$
begin
  return row(null, null, (
    select greatest(round(extract(epoch from lease_expires_at - now()), 1), 0)
    from private.restream_jobs where lease_expires_at is not null
    order by lease_expires_at limit 1))::public.session_claim;
end
$$;
comment on function private.describe_idle_queue() is 'What a worker gets where nothing waits for it.';

create function private.claim_session(worker_id text, lease_seconds integer)
returns public.session_claim
language plpgsql
security definer
set search_path = ''
as $$
declare
  job private.restream_jobs;
begin
  perform private.check_text('worker_id', worker_id, 1, 200);
  perform private.check_range('lease_seconds', lease_seconds, 10, 3600);
  perform private.cleanup_orphaned_streams();
  select queued.* into job
  from private.restream_jobs as queued
  join public.stream_sessions as session on session.id = queued.session_id
  where queued.queued_at is not null and queued.source_url is not null and session.status = 'starting'
    and not (queued.is_storage and private.is_video_changed(queued.request_id))
  order by queued.queued_at limit 1
  for no key update skip locked;
  if not found then
    return private.describe_idle_queue();
  end if;
  update public.stream_sessions set worker_id = claim_session.worker_id, last_seen_at = now()
  where id = job.session_id;
  update private.restream_jobs
  set queued_at = null, lease_seconds = claim_session.lease_seconds,
      lease_expires_at = now() + make_interval(secs => claim_session.lease_seconds)
  where session_id = job.session_id
  returning * into job;
  return private.describe_claim(job);
end
$$;
comment on function private.claim_session(text, integer) is
  'Gives the worker the session that has waited longest, for lease_seconds (10 to 3600), with the real source and '
  'target; or says when to ask again. Raises lease_seconds_invalid, worker_id_invalid. Callable by restream_worker '
  'and service_role.';
select private.publish_rpc('private.claim_session(text, integer)', 'restream_worker');

-- Renew and report -----------------------------------------------------------------------------

create type public.renewed_session as (status text, lease_seconds integer);
comment on type public.renewed_session is 'What renew_session answers.';
comment on column public.renewed_session.status is 'The session''s status; stopping asks its worker to stop.';
comment on column public.renewed_session.lease_seconds is 'How long the worker holds it from now on.';

create function private.renew_session(session_id uuid, worker_id text, stats jsonb default null)
returns public.renewed_session
language plpgsql
security definer
set search_path = ''
as $$
declare
  held public.stream_sessions := private.hold_session(session_id, worker_id);
  job private.restream_jobs;
begin
  select * into job from private.restream_jobs where restream_jobs.session_id = renew_session.session_id;
  if jsonb_typeof(stats) <> 'null' then
    perform private.record_health(session_id, stats);
  end if;
  if job.is_storage and held.status <> 'stopping' and private.is_video_changed(job.request_id) then
    update public.stream_sessions set status = 'stopping', error = private.describe_changed_video(video_source)
    where id = held.id returning * into held;
  end if;
  return row(held.status, job.lease_seconds)::public.renewed_session;
end
$$;
comment on function private.renew_session(uuid, text, jsonb) is
  'The worker''s lease runs anew. stats, {bitrate_kbps, fps, speed, dropped_frames, out_seconds}, go to '
  'get_stream_health. A session whose file in storage was replaced is to stop. Raises lease_lost (stop pushing at '
  'once), stats_invalid. Callable by restream_worker and service_role.';
select private.publish_rpc('private.renew_session(uuid, text, jsonb)', 'restream_worker');

create function private.mask_report(session_id uuid, report text)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  addresses private.stream_request_secrets;
  target private.address;
  secret text;
begin
  select secrets.* into addresses from private.stream_request_secrets as secrets
  join private.restream_jobs as job on job.request_id = secrets.request_id
  where job.session_id = mask_report.session_id;
  target := private.parse_address(addresses.rtmp_url, array['rtmp', 'rtmps']);
  foreach secret in array array[
    target.path || target.query,
    case when private.show_application(target) = '' then substring(target.path from '^/([^/]{4,})') end,
    substring(addresses.rtmp_url from '//[^/]+/[^/]+/(.+)$'), substring(addresses.rtmp_url from '([^/]{4,})$'),
    substring(addresses.video_source from '\?(.{4,})$')]
  loop
    report := replace(report, coalesce(nullif(secret, ''), chr(1)), '****');
  end loop;
  return left(regexp_replace(report, '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]', '', 'g'), 4000);
end
$$;
comment on function private.mask_report(uuid, text) is
  'A worker''s words, without the session''s key and signature should they stand in there, without control '
  'characters, at most 4000 characters.';

create function private.end_restream(session public.stream_sessions, status text, error text, exit_code integer)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.stream_sessions
  set status = case when session.status = 'stopping' then 'stopped' else end_restream.status end,
      ended_reason = case
        when session.status = 'stopping' then 'stopped'
        when end_restream.status = 'stopped' then 'finished'
        else 'failed' end,
      error = coalesce(private.mask_report(session.id, end_restream.error), session.error),
      exit_code = end_restream.exit_code, stopped_at = now()
  where id = session.id;
end
$$;
comment on function private.end_restream(public.stream_sessions, text, text, integer) is
  'Ends a session as its worker reports: finished by itself, stopped because asked to, or failed. The caller has '
  'locked its user''s row.';

create function private.note_running(session_id uuid, container_id text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.stream_sessions
  set status = case status when 'starting' then 'running' else status end, started_at = coalesce(started_at, now()),
      container_id = coalesce(note_running.container_id, stream_sessions.container_id)
  where id = session_id;
  update private.restream_jobs set starting_since = null
  where restream_jobs.session_id = note_running.session_id;
end
$$;
comment on function private.note_running(uuid, text) is 'A session''s worker pushes. What is to stop stays so.';

create type public.reported_session as (status text);
comment on type public.reported_session is 'What report_session answers.';
comment on column public.reported_session.status is 'The session''s status now.';

create function private.report_session(
  session_id uuid,
  worker_id text,
  status text,
  container_id text default null,
  error text default null,
  exit_code integer default null
)
returns public.reported_session
language plpgsql
security definer
set search_path = ''
as $$
declare
  held public.stream_sessions;
begin
  perform private.check_one_of('status', status, array['starting', 'running', 'stopped', 'error']);
  perform private.check_text('container_id', container_id, 0, 100);
  perform from public.users
  where id = (select user_id from public.stream_sessions where id = session_id) for no key update;
  select * into held from public.stream_sessions
  where id = session_id and stream_sessions.worker_id = report_session.worker_id and not is_active;
  if found and status in ('stopped', 'error') then
    return row(held.status)::public.reported_session; -- told twice
  end if;
  held := private.hold_session(session_id, worker_id);
  if status = 'running' then
    perform private.note_running(session_id, container_id);
  elsif status = 'starting' and held.status <> 'stopping' then
    perform private.requeue_session(session_id, 0);
  else
    perform private.end_restream(held, case status when 'error' then 'error' else 'stopped' end, error, exit_code);
  end if;
  select * into held from public.stream_sessions where id = session_id;
  return row(held.status)::public.reported_session;
end
$$;
comment on function private.report_session(uuid, text, text, text, text, integer) is
  'The worker says what became of its session: running (it pushes; container_id where it has one), stopped (the video '
  'ended, or it was asked to), error (with what ffmpeg said last and its exit code), starting (it gives the session '
  'back to the queue). The same end told twice is answered twice. Raises container_id_invalid, lease_lost, '
  'status_invalid. Callable by restream_worker and service_role.';
select private.publish_rpc('private.report_session(uuid, text, text, text, text, integer)', 'restream_worker');
