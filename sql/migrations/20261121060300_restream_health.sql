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

create function private.record_health(session_id uuid, stats jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.check_json('stats', stats, 16384);
  insert into private.stream_health (session_id, bitrate_kbps, fps, speed, dropped_frames, out_seconds)
  select record_health.session_id, said.bitrate_kbps, said.fps, said.speed, said.dropped_frames, said.out_seconds
  from jsonb_to_record(stats) as said (
    bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric);
exception when data_exception then
  perform private.fail('stats_invalid',
    'stats must be an object of numbers: bitrate_kbps, fps, speed, dropped_frames, out_seconds.');
end
$$;
comment on function private.record_health(uuid, jsonb) is 'Notes how a session goes. Raises stats_invalid.';

create function private.get_stream_health(
  session_id uuid,
  since timestamptz default now() - interval '1 hour',
  max_count integer default 360
)
returns table (
  created_at timestamptz, bitrate_kbps numeric, fps numeric, speed numeric, dropped_frames integer, out_seconds numeric
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.find_overseen_session(session_id);
  return query
    select health.created_at, health.bitrate_kbps, health.fps, health.speed, health.dropped_frames, health.out_seconds
    from private.stream_health as health
    where health.session_id = get_stream_health.session_id and health.created_at >= since
    order by health.created_at desc
    limit greatest(least(max_count, 10000), 0);
end
$$;
comment on function private.get_stream_health(uuid, timestamptz, integer) is
  'How a restream session goes, newest first, a row every 10 s, at most 10000: bitrate in kbit/s, frames per second, '
  'speed (1 is real time), dropped frames and seconds pushed so far. For the owner and admins. Raises '
  'session_not_found, sign_in_required.';
select private.publish_rpc('private.get_stream_health(uuid, timestamptz, integer)', 'authenticated');
