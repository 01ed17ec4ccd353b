-- Viewers: how many watched. What Redis counted is written here in batches, a row a stream, however many watch.

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
  'What Redis had counted for a session at created_at, every 10 seconds: peak_viewers since the sample before, '
  'unique_viewers and viewer_seconds since the session began. Kept for 90 days. Read through get_viewer_history.';
create index viewer_samples_stream_idx on private.viewer_samples (stream_id, created_at);
select private.register_log_table('private.viewer_samples', 'day', '90 days');

-- What is to be counted ------------------------------------------------------------------------

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
comment on function private.find_uncounted_sessions() is
  'Sessions that ended within the last minute and have no sample of their end yet.';

create type public.counted_session as (
  stream_id uuid,
  session_id uuid,
  started_at timestamptz,
  has_ended boolean,
  peak_viewers integer,
  viewer_seconds bigint
);
comment on type public.counted_session is
  'A session of which record_viewers wants a sample, with what is stored of it.';
comment on column public.counted_session.stream_id is 'Whose session it is.';
comment on column public.counted_session.session_id is 'The session.';
comment on column public.counted_session.started_at is 'When it began.';
comment on column public.counted_session.has_ended is 'False: it is live.';
comment on column public.counted_session.peak_viewers is 'The most viewers at once that are stored.';
comment on column public.counted_session.viewer_seconds is 'What its viewers have watched together, as stored.';

create function private.get_counted_sessions()
returns public.counted_session[]
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return array(
    select row(session.stream_id, session.id, session.started_at, not session.is_active, session.peak_viewers,
      session.viewer_seconds)::public.counted_session
    from (
      select * from public.stream_sessions where is_active and kind = 'ingest'
      union all
      select * from private.find_uncounted_sessions()) as session);
end
$$;
comment on function private.get_counted_sessions() is
  'The sessions of which record_viewers wants a sample: all that are live, and those that ended within the last '
  'minute until their end is recorded. One array, because the API cuts rows off after max_rows. Callable by '
  'service_role.';
select private.publish_rpc('private.get_counted_sessions()', 'service_role');

-- What Redis counted ---------------------------------------------------------------------------

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
  'A sample that was taken after its session ended, as of the end: Redis is not told of it at once, so those who went '
  'on beating are taken off the viewer seconds, in proportion to the time since the last sample. Nobody can have '
  'joined since.';

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
      and (session.is_active or (session.stopped_at > now() - interval '1 minute'
        and sample.at_ms >= floor(extract(epoch from session.stopped_at) * 1000)))
      and least(sample.viewers, sample.peak, sample.uniques, sample.viewer_seconds) >= 0
      and sample.at_ms between extract(epoch from session.started_at) * 1000
        and extract(epoch from now() + interval '1 minute') * 1000
    for no key update of session, stream skip locked;
end
$$;
comment on function private.lock_sampled_sessions(private.viewer_sample[]) is
  'Those samples that are of an active session, or of the end of one that ended within the last minute; their rows '
  'are locked. None from before the session or from the future.';

create function private.store_samples(samples private.viewer_sample[])
returns setof private.viewer_sample
language plpgsql
set search_path = ''
as $$
begin
  return query
    with stored as (
      insert into private.viewer_samples (created_at, stream_id, session_id, viewer_count, peak_viewers, unique_viewers,
        viewer_seconds)
      select to_timestamp(sample.at_ms / 1000.0), sample.stream_id, sample.session_id, sample.viewers,
        case when sample.peak > session.peak_viewers then sample.peak else sample.viewers end, sample.uniques,
        sample.viewer_seconds
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
comment on function private.store_samples(private.viewer_sample[]) is
  'Stores the samples that are newer than what is stored of their session, and returns those.';

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
    set viewer_count = case when session.is_active then sample.viewers else 0 end,
        peak_viewers = greatest(stream.peak_viewers, sample.peak)
    from unnest(samples) as sample
    join public.stream_sessions as session on session.id = sample.session_id
    where stream.id = sample.stream_id
      and ((session.is_active and stream.viewer_count <> sample.viewers)
        or ((session.is_active or stream.ended_at = session.stopped_at) and stream.peak_viewers < sample.peak))
    returning stream.*;
end
$$;
comment on function private.apply_samples(private.viewer_sample[]) is
  'Writes samples to their sessions and streams, and returns the streams whose numbers changed. A stream keeps the '
  'numbers of its next session from those of the last.';

create function private.send_viewers(stream public.streams)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.send_broadcast(stream.topic, 'viewers', jsonb_build_object(
    'viewer_count', stream.viewer_count, 'peak_viewers', stream.peak_viewers, 'at', now()));
end
$$;
comment on function private.send_viewers(public.streams) is
  'Tells a stream''s topic its numbers: the broadcast viewers, {viewer_count, peak_viewers, at}.';

create type public.recorded_viewers as (recorded integer, changed integer);
comment on type public.recorded_viewers is 'What record_viewers answers.';
comment on column public.recorded_viewers.recorded is 'Samples that were stored.';
comment on column public.recorded_viewers.changed is 'Streams whose numbers changed, and which were told.';

create function private.record_viewers(samples jsonb)
returns public.recorded_viewers
language plpgsql
security definer
set search_path = ''
as $$
declare
  newest private.viewer_sample[];
  stream public.streams;
  changed_count integer := 0;
begin
  if coalesce(jsonb_typeof(samples), '') <> 'array' or jsonb_array_length(samples) > 100000 then
    perform private.fail('samples_invalid', 'samples must be a JSON array of up to 100000 samples.');
  end if;
  perform private.check_json('samples', samples);
  perform pg_advisory_xact_lock(hashtextextended('record_viewers', 0));
  select array_agg(distinct_sample) into newest from (
    select distinct on (sample.session_id) sample as distinct_sample
    from jsonb_populate_recordset(null::private.viewer_sample, samples) as sample
    order by sample.session_id, sample.at_ms desc) as newest_first;
  newest := array(select sample from private.lock_sampled_sessions(newest) as sample);
  newest := array(select sample from private.store_samples(newest) as sample);
  for stream in select * from private.apply_samples(newest) loop
    perform private.send_viewers(stream);
    changed_count := changed_count + 1;
  end loop;
  return row(cardinality(newest), changed_count)::public.recorded_viewers;
end
$$;
comment on function private.record_viewers(jsonb) is
  'Writes what Redis counted, [{stream_id, session_id, at_ms, viewers, peak, uniques, viewer_seconds}] (totals since '
  'the session began, at at_ms milliseconds since 1970), to streams, sessions and history, and tells each stream '
  'whose number changed. A sample that is not newer than the last one of its session changes nothing, nor does one of '
  'a session that has ended, but for the first that was taken after its end within a minute: that one counts as of '
  'the end, and its numbers are the event SessionCounted. One of a row that is being changed at the moment is left '
  'for the next. Raises samples_invalid. Callable by service_role.';
select private.publish_rpc('private.record_viewers(jsonb)', 'service_role');

-- History --------------------------------------------------------------------------------------

create function private.get_viewer_history(
  stream_id uuid,
  since timestamptz default now() - interval '1 day',
  until timestamptz default now(),
  bucket_seconds integer default 60
)
returns table (bucket timestamptz, average_viewers numeric, peak_viewers integer, last_viewers integer)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_readable_stream(stream_id);
  perform private.check_range('bucket_seconds', bucket_seconds, 10, 86400);
  if since is null or until is null or until - since > make_interval(secs => 10000.0 * bucket_seconds) then
    perform private.fail('range_invalid', 'since and until must lie at most 10000 buckets apart.');
  end if;
  return query
    select date_bin(make_interval(secs => bucket_seconds), sample.created_at, '2000-01-01Z'),
      round(avg(sample.viewer_count), 2), max(sample.peak_viewers),
      (array_agg(sample.viewer_count order by sample.created_at desc))[1]
    from private.viewer_samples as sample
    where sample.stream_id = get_viewer_history.stream_id and sample.created_at >= since and sample.created_at < until
    group by 1
    order by 1;
end
$$;
comment on function private.get_viewer_history(uuid, timestamptz, timestamptz, integer) is
  'Viewers over time, for charts: for each bucket of since <= time < until that has samples its begin and the '
  'average, highest and last number of viewers at once. bucket_seconds: 10 to 86400, and at most 10000 buckets. For '
  'the stream''s owner and admins. Raises bucket_seconds_invalid, range_invalid, sign_in_required, stream_not_found.';
select private.publish_rpc('private.get_viewer_history(uuid, timestamptz, timestamptz, integer)', 'authenticated');

insert into private.scheduled_jobs (name, schedule, edge_function, timeout_seconds) values
  ('flush-viewers', '*/10 * * * * *', 'flush-viewers', 60);

-- Redis hears of what happens from here on, not of what an old log begins with.
insert into private.event_consumer_members (consumer, member, size, acknowledged_position)
select 'redis-streams', 0, 1, coalesce(max(position), 0) from private.event_log;
