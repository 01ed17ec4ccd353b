-- Restream: how a session goes, as its worker tells it.

create table private.stream_health (
  session_id uuid not null,
  created_at timestamptz not null default now(),
  bitrate_kbps numeric(10, 1),
  fps numeric(8, 2),
  speed numeric(8, 3),
  dropped_frames integer,
  out_seconds numeric(12, 1)
) partition by range (created_at);
comment on table private.stream_health is 'How a restream went, every 10 s as its worker renewed it. Kept for 30 days.';
comment on column private.stream_health.speed is 'Video seconds pushed per second; below 1 the worker is too slow.';
comment on column private.stream_health.out_seconds is 'Video seconds pushed since ffmpeg began.';
create index stream_health_session_idx on private.stream_health (session_id, created_at desc);
select private.register_log_table('private.stream_health', 'day', '30 days');

create function private.record_health(target_session uuid, stats jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into private.stream_health (session_id, bitrate_kbps, fps, speed, dropped_frames, out_seconds)
  select target_session, given.bitrate_kbps, given.fps, given.speed, given.dropped_frames, given.out_seconds
  from jsonb_to_record(stats) as given (bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric);
exception when data_exception then
  perform private.fail(400, 'stats_invalid', 'stats must be an object of numbers: bitrate_kbps, fps, speed, dropped_frames, out_seconds.', 'Leave out what is unknown.');
end
$$;
comment on function private.record_health(uuid, jsonb) is 'Notes how a session goes. Raises PT400 stats_invalid.';

create function private.get_stream_health(target_session uuid, since timestamptz, max_count integer)
returns table (created_at timestamptz, bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform from public.stream_sessions
  where id = target_session and private.may_oversee(user_id);
  if not found then
    perform private.fail(404, 'session_not_found', format('There is no session %s that you may see.', target_session), 'Check the id.');
  end if;
  return query
    select health.created_at, health.bitrate_kbps, health.fps, health.speed, health.dropped_frames, health.out_seconds
    from private.stream_health as health
    where health.session_id = target_session and health.created_at >= get_stream_health.since
    order by health.created_at desc
    limit greatest(least(max_count, 10000), 0);
end
$$;
comment on function private.get_stream_health(uuid, timestamptz, integer) is 'See public.get_stream_health.';
grant execute on function private.get_stream_health(uuid, timestamptz, integer) to authenticated, service_role;

create function public.get_stream_health(session_id uuid, since timestamptz default now() - interval '1 hour', max_count integer default 360)
returns table (created_at timestamptz, bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric)
language plpgsql
stable
set search_path = ''
as $$
begin
  return query select * from private.get_stream_health(get_stream_health.session_id, get_stream_health.since, get_stream_health.max_count);
end
$$;
comment on function public.get_stream_health(uuid, timestamptz, integer) is
  'How a restream session goes, newest first, a row every 10 s, at most 10000: bitrate in kbit/s, frames per second, speed (1 is real time), dropped frames and seconds pushed so far. '
  'For the owner and admins. Raises PT404 session_not_found.';
grant execute on function public.get_stream_health(uuid, timestamptz, integer) to authenticated;
