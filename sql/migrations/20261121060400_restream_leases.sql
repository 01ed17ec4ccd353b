-- Restream: leases. A worker holds a session until its lease ends; whoever lost it is refused (fencing), and the
-- session is queued anew.

create function private.fail_lease_lost(session_id uuid, worker_id text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.fail('lease_lost', format('Worker %s does not hold session %s.', worker_id, session_id));
end
$$;
comment on function private.fail_lease_lost(uuid, text) is 'Raises lease_lost.';

create function private.hold_session(session_id uuid, worker_id text)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
declare
  held public.stream_sessions;
begin
  update public.stream_sessions set last_seen_at = now()
  where id = session_id and stream_sessions.worker_id = hold_session.worker_id and is_active and kind = 'restream'
  returning * into held;
  if not found then
    perform private.fail_lease_lost(session_id, worker_id);
  end if;
  update private.restream_jobs set lease_expires_at = now() + make_interval(secs => lease_seconds)
  where restream_jobs.session_id = hold_session.session_id and lease_expires_at > now();
  if not found then
    perform private.fail_lease_lost(session_id, worker_id);
  end if;
  return held;
end
$$;
comment on function private.hold_session(uuid, text) is
  'The session, if the worker''s lease on it still runs; it runs anew. Raises lease_lost.';

-- Lost and queued anew -------------------------------------------------------------------------

create view private.lost_sessions as
  select session.id, session.user_id, session.status, job.requeue_count,
    case
      when job.lease_expires_at <= now() then 'lease_expired'
      when job.starting_since <= (select now() - private.setting_seconds('restream_start_seconds')) then 'not_started'
      else 'video_replaced'
    end as reason
  from private.restream_jobs as job
  join public.stream_sessions as session on session.id = job.session_id
  where job.lease_expires_at <= now()
    or job.starting_since <= (select now() - private.setting_seconds('restream_start_seconds'))
    or (job.queued_at is not null and job.source_url is not null and job.is_storage
      and private.is_video_changed(job.request_id));
comment on view private.lost_sessions is
  'Restream sessions whose worker''s lease ran out, that have been starting for too long, or whose file in storage was '
  'replaced while they waited for a worker.';

create function private.requeue_session(session_id uuid, requeues integer)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.stream_sessions set status = 'starting', worker_id = null, container_id = null where id = session_id;
  update private.restream_jobs
  set requeue_count = requeue_count + requeues, starting_since = now(), queued_at = now(), lease_seconds = null,
      lease_expires_at = null
  where restream_jobs.session_id = requeue_session.session_id;
end
$$;
comment on function private.requeue_session(uuid, integer) is
  'Puts a session back into the queue; requeues (0 or 1) counts against restream_max_requeues.';

create function private.settle_lost_session(lost private.lost_sessions)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if lost.status = 'stopping' then
    perform private.stop_session(lost.id, lost.reason);
  elsif lost.reason = 'video_replaced' then
    update public.stream_sessions
    set status = 'error', stopped_at = now(), ended_reason = lost.reason,
        error = private.describe_changed_video(video_source)
    where id = lost.id;
  elsif lost.requeue_count < private.setting_integer('restream_max_requeues') then
    perform private.requeue_session(lost.id, 1);
  else
    update public.stream_sessions
    set status = 'error', stopped_at = now(), ended_reason = lost.reason,
        error = format('%s %s times.', case lost.reason
          when 'lease_expired' then 'The worker was lost'
          else 'No worker got it running' end, lost.requeue_count + 1)
    where id = lost.id;
  end if;
end
$$;
comment on function private.settle_lost_session(private.lost_sessions) is
  'Queues a lost session anew, stops it where that was asked for, ends it in error where it was queued anew too '
  'often or its file was replaced. The caller has locked its user''s row.';

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
comment on function private.cleanup_orphaned_streams() is
  'Settles restream sessions that were lost (worker''s lease ran out, or starting for too long): queued anew up to '
  'restream_max_requeues times, then error with a reason; stopped where that was asked for. Run by the job '
  'cleanup-orphaned-streams and by each claim. Returns how many; those being changed at the moment wait for the next '
  'run. Callable by service_role and streams_service.';
select private.publish_rpc('private.cleanup_orphaned_streams()', 'service_role', 'streams_service');
insert into private.scheduled_jobs (name, schedule, sql_function) values
  ('cleanup-orphaned-streams', '*/10 * * * * *', 'private.cleanup_orphaned_streams');
