-- Viewers: how many watch. Redis counts them; what it counted is written here in batches, a row a stream, however many watch.

insert into private.settings (key, value, comment) values
  ('viewer_ttl_seconds', '45', 'How long a viewer counts after its last beat.'),
  ('viewer_heartbeat_seconds', '15', 'How often a viewer shall beat; told to it when it joins.'),
  ('viewer_beats_per_second', '1', 'Beats that a viewer may send per second, once its burst is used up.'),
  ('viewer_beats_burst', '5', 'Beats that a viewer may send at once.'),
  ('viewer_address_requests_per_second', '50', 'Requests per second that one address may send, once its burst is used up.'),
  ('viewer_address_requests_burst', '200', 'Requests that one address may send at once.');

create function private.viewer_settings()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_object_agg(key, value) from private.settings where key like 'viewer\_%'
$$;
comment on function private.viewer_settings() is 'The settings that begin with viewer_, as {key: value}.';

-- Who may join ---------------------------------------------------------------------------------

create function private.begin_viewing(wanted_stream uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  stream public.streams := private.get_stream(wanted_stream);
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions where stream_id = stream.id and kind = 'ingest' and is_active;
  if session.id is null then
    perform private.fail(404, 'stream_not_live', 'This stream is not live.', 'Wait until streams.is_live is true, then join.');
  end if;
  return jsonb_build_object('session_id', session.id, 'started_at', session.started_at, 'viewer_count', stream.viewer_count,
    'settings', private.viewer_settings());
end
$$;
comment on function private.begin_viewing(uuid) is 'See public.begin_viewing.';
grant execute on function private.begin_viewing(uuid) to anon, authenticated, service_role;

create function public.begin_viewing(stream_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.begin_viewing(begin_viewing.stream_id)
$$;
comment on function public.begin_viewing(uuid) is
  'What the edge function viewer asks before it counts a viewer: {session_id, started_at, viewer_count, settings}, for whoever get_stream lets see the stream. Writes nothing. '
  'Raises PT404 stream_not_found, PT404 stream_not_live.';
grant execute on function public.begin_viewing(uuid) to anon, authenticated;

create function private.get_viewer_count(wanted_stream uuid)
returns integer
language sql
stable
security definer
set search_path = ''
as $$
  select viewer_count from public.streams where id = wanted_stream
$$;
comment on function private.get_viewer_count(uuid) is 'See public.get_viewer_count.';
grant execute on function private.get_viewer_count(uuid) to service_role;

create function public.get_viewer_count(stream_id uuid)
returns integer
language sql
stable
set search_path = ''
as $$
  select private.get_viewer_count(get_viewer_count.stream_id)
$$;
comment on function public.get_viewer_count(uuid) is
  'The last count that was stored, of any stream, or null; what viewers are told while Redis is away. Callable by service_role.';

-- What Redis counted ---------------------------------------------------------------------------

create table private.viewer_samples (
  created_at timestamptz not null,
  stream_id uuid not null,
  session_id uuid not null,
  viewer_count integer not null,
  peak_viewers integer not null,
  unique_viewers integer not null,
  viewer_seconds bigint not null,
  primary key (session_id, created_at)
) partition by range (created_at);
comment on table private.viewer_samples is
  'What Redis had counted for a session at created_at, every 10 seconds: peak_viewers since the sample before, unique_viewers and viewer_seconds since the session began. Kept for 90 days. Read through get_viewer_history.';
create index viewer_samples_stream_idx on private.viewer_samples (stream_id, created_at);
select private.register_log_table('private.viewer_samples', 'day', '90 days');

create function private.find_uncounted_sessions()
returns setof public.stream_sessions
language plpgsql
stable
set search_path = ''
as $$
begin
  return query
    select session.* from public.stream_sessions as session
    where session.kind = 'ingest' and not session.is_active and session.stopped_at > now() - interval '1 minute'
      and not exists (
        select from private.viewer_samples as sample
        where sample.session_id = session.id and sample.created_at >= date_trunc('milliseconds', session.stopped_at));
end
$$;
comment on function private.find_uncounted_sessions() is 'Sessions that ended within the last minute and have no sample of their end yet.';

create function private.get_counted_sessions()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('stream_id', session.stream_id, 'session_id', session.id, 'started_at', session.started_at,
      'has_ended', not session.is_active, 'peak_viewers', session.peak_viewers, 'viewer_seconds', session.viewer_seconds)), '[]')
    from (
      select * from public.stream_sessions where is_active and kind = 'ingest'
      union all
      select * from private.find_uncounted_sessions()) as session);
end
$$;
comment on function private.get_counted_sessions() is 'See public.get_counted_sessions.';
grant execute on function private.get_counted_sessions() to service_role;

create function public.get_counted_sessions()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.get_counted_sessions();
end
$$;
comment on function public.get_counted_sessions() is
  'The sessions of which record_viewers wants a sample, [{stream_id, session_id, started_at, has_ended, peak_viewers, viewer_seconds}], with what is stored of them: '
  'all that are live, and those that ended within the last minute until their end is recorded. Callable by service_role.';

create type private.viewer_sample as (
  stream_id uuid,
  session_id uuid,
  at_ms bigint,
  viewers integer,
  peak integer,
  uniques integer,
  viewer_seconds bigint
);
comment on type private.viewer_sample is 'A sample as record_viewers gets it.';

create function private.cut_sample(sample private.viewer_sample, session public.stream_sessions)
returns private.viewer_sample
language plpgsql
stable
set search_path = ''
as $$
declare
  stopped_ms bigint := floor(extract(epoch from session.stopped_at) * 1000);
  known_ms bigint := floor(extract(epoch from session.started_at) * 1000);
  known_seconds bigint := 0;
  last record;
begin
  if session.is_active or sample.at_ms <= stopped_ms then
    return sample;
  end if;
  select floor(extract(epoch from created_at) * 1000) as at_ms, viewer_seconds into last from private.viewer_samples
  where session_id = session.id order by created_at desc limit 1;
  if found then
    known_ms := last.at_ms;
    known_seconds := last.viewer_seconds;
  end if;
  sample.viewer_seconds := known_seconds + round(greatest(sample.viewer_seconds - known_seconds, 0)
    * greatest(stopped_ms - known_ms, 0)::numeric / (sample.at_ms - known_ms));
  sample.at_ms := stopped_ms;
  return sample;
end
$$;
comment on function private.cut_sample(private.viewer_sample, public.stream_sessions) is
  'A sample that was taken after its session ended, as of the end: Redis is not told of it at once, so those who went on beating are taken off the viewer seconds, '
  'in proportion to the time since the last sample. Nobody can have joined since.';

create function private.lock_sampled_sessions(samples private.viewer_sample[])
returns setof private.viewer_sample
language plpgsql
set search_path = ''
as $$
begin
  -- Rows that somebody is changing are left for the next flush: waiting for several at once could deadlock.
  return query
    select cut.*
    from unnest(samples) as sample
    join public.stream_sessions as session on session.id = sample.session_id and session.stream_id = sample.stream_id
    join public.streams as stream on stream.id = sample.stream_id
    cross join lateral private.cut_sample(sample, session) as cut
    where session.kind = 'ingest'
      and (session.is_active or (session.stopped_at > now() - interval '1 minute' and sample.at_ms >= floor(extract(epoch from session.stopped_at) * 1000)))
      and least(sample.viewers, sample.peak, sample.uniques, sample.viewer_seconds) >= 0
      and sample.at_ms between extract(epoch from session.started_at) * 1000 and extract(epoch from now() + interval '1 minute') * 1000
    for no key update of session, stream skip locked;
end
$$;
comment on function private.lock_sampled_sessions(private.viewer_sample[]) is
  'Those samples that are of an active session, or of the end of one that ended within the last minute; their rows are locked. None from before the session or from the future.';

create function private.store_samples(samples private.viewer_sample[])
returns setof private.viewer_sample
language plpgsql
set search_path = ''
as $$
begin
  return query
    with stored as (
      insert into private.viewer_samples (created_at, stream_id, session_id, viewer_count, peak_viewers, unique_viewers, viewer_seconds)
      select to_timestamp(sample.at_ms / 1000.0), sample.stream_id, sample.session_id, sample.viewers,
        case when sample.peak > session.peak_viewers then sample.peak else sample.viewers end, sample.uniques, sample.viewer_seconds
      from unnest(samples) as sample
      join public.stream_sessions as session on session.id = sample.session_id
      where not exists (
        select from private.viewer_samples as newer
        where newer.session_id = sample.session_id and newer.created_at >= to_timestamp(sample.at_ms / 1000.0))
      on conflict do nothing
      returning viewer_samples.session_id
    )
    select sample.* from unnest(samples) as sample join stored using (session_id);
end
$$;
comment on function private.store_samples(private.viewer_sample[]) is 'Stores the samples that are newer than what is stored of their session, and returns those.';

create function private.apply_samples(samples private.viewer_sample[])
returns setof public.streams
language plpgsql
set search_path = ''
as $$
begin
  update public.stream_sessions as session
  set peak_viewers = greatest(session.peak_viewers, sample.peak),
      unique_viewers = greatest(session.unique_viewers, sample.uniques),
      viewer_seconds = greatest(session.viewer_seconds, sample.viewer_seconds),
      average_viewers = greatest(session.viewer_seconds, sample.viewer_seconds)
        / greatest(sample.at_ms / 1000.0 - extract(epoch from session.started_at), 1)
  from unnest(samples) as sample
  where session.id = sample.session_id;
  return query
    update public.streams as stream
    set viewer_count = case when session.is_active then sample.viewers else 0 end, peak_viewers = greatest(stream.peak_viewers, sample.peak)
    from unnest(samples) as sample
    join public.stream_sessions as session on session.id = sample.session_id
    where stream.id = sample.stream_id
      and ((session.is_active and stream.viewer_count <> sample.viewers)
        or ((session.is_active or stream.ended_at = session.stopped_at) and stream.peak_viewers < sample.peak))
    returning stream.*;
end
$$;
comment on function private.apply_samples(private.viewer_sample[]) is
  'Writes samples to their sessions and streams, and returns the streams whose numbers changed. A stream keeps the numbers of its next session from those of the last.';

create function private.record_viewers(given jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  samples private.viewer_sample[];
  stream public.streams;
  changed_count integer := 0;
begin
  if coalesce(jsonb_typeof(given), '') <> 'array' or jsonb_array_length(given) > 100000 then
    perform private.fail(400, 'samples_invalid', 'samples must be a JSON array of up to 100000 samples.',
      'Give objects of stream_id, session_id, at_ms, viewers, peak, uniques and viewer_seconds.');
  end if;
  perform pg_advisory_xact_lock(hashtextextended('record_viewers', 0));
  select array_agg(distinct_sample) into samples from (
    select distinct on (sample.session_id) sample as distinct_sample
    from jsonb_populate_recordset(null::private.viewer_sample, given) as sample
    order by sample.session_id, sample.at_ms desc) as newest;
  samples := array(select sample from private.lock_sampled_sessions(samples) as sample);
  samples := array(select sample from private.store_samples(samples) as sample);
  for stream in select * from private.apply_samples(samples) loop
    perform private.send_viewers(stream);
    changed_count := changed_count + 1;
  end loop;
  return jsonb_build_object('recorded', cardinality(samples), 'changed', changed_count);
end
$$;
comment on function private.record_viewers(jsonb) is 'See public.record_viewers.';
grant execute on function private.record_viewers(jsonb) to service_role;

create function public.record_viewers(samples jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return private.record_viewers(record_viewers.samples);
end
$$;
comment on function public.record_viewers(jsonb) is
  'Writes what Redis counted, [{stream_id, session_id, at_ms, viewers, peak, uniques, viewer_seconds}] (totals since the session began, at at_ms milliseconds since 1970), to streams, '
  'sessions and history, and tells each stream whose number changed. A sample that is not newer than the last one of its session changes nothing, nor does one of a session that has ended, '
  'but for the first that was taken after its end within a minute: that one counts as of the end, and its numbers are the event SessionCounted. One of a row that is being changed at the moment is left for the next. Returns {recorded, changed}. Raises PT400 samples_invalid. Callable by service_role.';

-- History --------------------------------------------------------------------------------------

create function private.get_viewer_history(wanted_stream uuid, since timestamptz, until timestamptz, bucket_seconds integer)
returns table (bucket timestamptz, average_viewers numeric, peak_viewers integer, last_viewers integer)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_readable_stream(wanted_stream);
  if bucket_seconds is null or bucket_seconds not between 10 and 86400 then
    perform private.fail(400, 'bucket_seconds_invalid', format('bucket_seconds must be 10 to 86400, got %s.', coalesce(bucket_seconds::text, 'nothing')),
      'A sample is stored every 10 seconds.');
  elsif since is null or until is null or until - since > make_interval(secs => 10000.0 * bucket_seconds) then
    perform private.fail(400, 'range_invalid', 'since and until must lie at most 10000 buckets apart.', 'Ask for less time, or for larger buckets.');
  end if;
  return query
    select date_bin(make_interval(secs => bucket_seconds), sample.created_at, '2000-01-01Z'), round(avg(sample.viewer_count), 2),
      max(sample.peak_viewers), (array_agg(sample.viewer_count order by sample.created_at desc))[1]
    from private.viewer_samples as sample
    where sample.stream_id = wanted_stream and sample.created_at >= since and sample.created_at < until
    group by 1
    order by 1;
end
$$;
comment on function private.get_viewer_history(uuid, timestamptz, timestamptz, integer) is 'See public.get_viewer_history.';
grant execute on function private.get_viewer_history(uuid, timestamptz, timestamptz, integer) to authenticated, service_role;

create function public.get_viewer_history(
  stream_id uuid,
  since timestamptz default now() - interval '1 day',
  until timestamptz default now(),
  bucket_seconds integer default 60
)
returns table (bucket timestamptz, average_viewers numeric, peak_viewers integer, last_viewers integer)
language plpgsql
stable
set search_path = ''
as $$
begin
  return query
    select * from private.get_viewer_history(get_viewer_history.stream_id, get_viewer_history.since, get_viewer_history.until,
      get_viewer_history.bucket_seconds);
end
$$;
comment on function public.get_viewer_history(uuid, timestamptz, timestamptz, integer) is
  'Viewers over time, for charts: for each bucket of since <= time < until that has samples its begin and the average, highest and last number of viewers at once. '
  'For the stream''s owner and admins. Raises PT404 stream_not_found, PT400 bucket_seconds_invalid (10 to 86400), PT400 range_invalid (at most 10000 buckets).';
grant execute on function public.get_viewer_history(uuid, timestamptz, timestamptz, integer) to authenticated;

insert into private.scheduled_jobs (name, schedule, function_name, timeout_seconds) values
  ('flush-viewers', '*/10 * * * * *', 'flush-viewers', 60);

-- Redis hears of what happens from here on, not of what an old log begins with.
insert into private.event_consumer_members (consumer, member, size, acknowledged_position)
select 'redis-streams', 0, 1, coalesce(max(position), 0) from private.event_log;
