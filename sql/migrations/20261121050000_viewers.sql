-- Viewers: who may watch, on what terms. Redis counts them; 410 is what the database keeps of that.

insert into private.errors (domain, code, status, hint) values
  ('viewers', 'bucket_seconds_invalid', 400, 'A sample is stored every 10 seconds, and a bucket holds a day at most.'),
  ('viewers', 'range_invalid', 400, 'Ask for less time, or for larger buckets.'),
  ('viewers', 'samples_invalid', 400,
    'Give objects of stream_id, session_id, at_ms, viewers, peak, uniques and viewer_seconds.');

insert into private.settings (key, value, comment) values
  ('viewer_ttl_seconds', '45', 'How long a viewer counts after its last beat.'),
  ('viewer_heartbeat_seconds', '15', 'How often a viewer shall beat; told to it when it joins.'),
  ('viewer_beats_per_second', '1', 'Beats that a viewer may send per second, once its burst is used up.'),
  ('viewer_beats_burst', '5', 'Beats that a viewer may send at once.'),
  ('viewer_address_requests_per_second', '50',
    'Requests per second that one address may send, once its burst is used up.'),
  ('viewer_address_requests_burst', '200', 'Requests that one address may send at once.');

create type public.viewer_settings as (
  viewer_ttl_seconds integer,
  viewer_heartbeat_seconds integer,
  viewer_beats_per_second integer,
  viewer_beats_burst integer,
  viewer_address_requests_per_second integer,
  viewer_address_requests_burst integer
);
comment on type public.viewer_settings is 'The settings of the same names, as they are for who joins now.';
comment on column public.viewer_settings.viewer_ttl_seconds is 'How long a viewer counts after its last beat.';
comment on column public.viewer_settings.viewer_heartbeat_seconds is 'How often a viewer shall beat.';
comment on column public.viewer_settings.viewer_beats_per_second is 'Beats per second, once the burst is used up.';
comment on column public.viewer_settings.viewer_beats_burst is 'Beats that a viewer may send at once.';
comment on column public.viewer_settings.viewer_address_requests_per_second is
  'Requests per second of one address, once its burst is used up.';
comment on column public.viewer_settings.viewer_address_requests_burst is 'Requests that one address may send at once.';

create type public.begun_viewing as (
  session_id uuid,
  started_at timestamptz,
  viewer_count integer,
  settings public.viewer_settings
);
comment on type public.begun_viewing is 'What begin_viewing answers.';
comment on column public.begun_viewing.session_id is 'The stream''s session that is live.';
comment on column public.begun_viewing.started_at is 'When it began.';
comment on column public.begun_viewing.viewer_count is 'The last count that was stored.';
comment on column public.begun_viewing.settings is 'The terms for this viewer.';

create function private.viewer_settings()
returns public.viewer_settings
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_populate_record(null::public.viewer_settings,
    (select jsonb_object_agg(key, value) from private.settings where key like 'viewer\_%'));
end
$$;
comment on function private.viewer_settings() is 'The settings that begin with viewer_.';

create function private.begin_viewing(stream_id uuid)
returns public.begun_viewing
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  stream public.streams := private.get_stream(stream_id);
  session public.stream_sessions;
begin
  select * into session from public.stream_sessions as known
  where known.stream_id = stream.id and known.kind = 'ingest' and known.is_active;
  if not found then
    perform private.fail('stream_not_live', 'This stream is not live.');
  end if;
  return row(session.id, session.started_at, stream.viewer_count, private.viewer_settings())::public.begun_viewing;
end
$$;
comment on function private.begin_viewing(uuid) is
  'What the edge function viewer asks before it counts a viewer, for whoever get_stream lets see the stream. Writes '
  'nothing. Raises stream_not_found, stream_not_live.';
select private.publish_rpc('private.begin_viewing(uuid)', 'anon', 'authenticated');

create function private.get_viewer_count(stream_id uuid)
returns integer
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (select viewer_count from public.streams where id = get_viewer_count.stream_id);
end
$$;
comment on function private.get_viewer_count(uuid) is
  'The last count that was stored, of any stream, or null; what viewers are told while Redis is away. Callable by '
  'service_role.';
select private.publish_rpc('private.get_viewer_count(uuid)', 'service_role');
