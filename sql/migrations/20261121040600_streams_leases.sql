-- Streams: how an ingest session goes on (its lease), is left, and ends.

create type public.ended_ingest as (ended boolean, session_id uuid);
comment on type public.ended_ingest is 'What end_ingest answers.';
comment on column public.ended_ingest.ended is 'Whether the publisher held a session.';
comment on column public.ended_ingest.session_id is 'The session that it left; null: it held none.';

create function private.end_ingest(media_server text, publisher_id text, bytes_in bigint default null)
returns public.ended_ingest
language plpgsql
security definer
set search_path = ''
as $$
declare
  left_id uuid;
begin
  perform private.check_publisher(media_server, publisher_id);
  update public.stream_sessions as session
  set disconnected_at = now(), last_seen_at = now(),
      bytes_in = session.bytes_in + coalesce(end_ingest.bytes_in, 0)
  where session.media_server = end_ingest.media_server and session.publisher_id = end_ingest.publisher_id
    and is_active and kind = 'ingest' and disconnected_at is null
  returning id into left_id;
  return row(left_id is not null, left_id)::public.ended_ingest;
end
$$;
comment on function private.end_ingest(text, text, bigint) is
  'A publisher went: its session is disconnected and stops when the reconnect grace is over (reap_sessions), unless '
  'it comes back. bytes_in: what it sent over this connection. A publisher that holds no session changes nothing. '
  'Raises media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service.';
select private.publish_rpc('private.end_ingest(text, text, bigint)', 'service_role', 'streams_service');

create function private.disconnect_others(media_server text, publisher_ids text[])
returns integer
language plpgsql
set search_path = ''
as $$
declare
  lost_count integer;
begin
  update public.stream_sessions set disconnected_at = now()
  where id in (
    select session.id from public.stream_sessions as session
    where session.media_server = disconnect_others.media_server and session.publisher_id <> all (publisher_ids)
      and is_active and kind = 'ingest' and disconnected_at is null
    for no key update skip locked
  );
  get diagnostics lost_count = row_count;
  return lost_count;
end
$$;
comment on function private.disconnect_others(text, text[]) is
  'Disconnects a media server''s sessions, but for those of these publishers. Returns how many. A session that '
  'somebody is changing is left alone: waiting for several rows at once could deadlock.';

create type public.renewed_ingest as (renewed text[], unknown text[], disconnected integer);
comment on type public.renewed_ingest is 'What renew_ingest answers.';
comment on column public.renewed_ingest.renewed is 'The publishers whose leases run anew.';
comment on column public.renewed_ingest.unknown is
  'The publishers whose sessions have ended: the media server should drop them.';
comment on column public.renewed_ingest.disconnected is
  'How many sessions of other publishers were disconnected, because the list is complete.';

create function private.renew_ingest(media_server text, publisher_ids text[], is_complete boolean default false)
returns public.renewed_ingest
language plpgsql
security definer
set search_path = ''
as $$
declare
  reported text[] := coalesce(publisher_ids, '{}');
  known text[];
  lost_count integer := 0;
begin
  perform private.check_text('media_server', media_server, 1, 100);
  if cardinality(reported) > 10000 then
    perform private.fail('publisher_ids_invalid',
      format('At most 10000 publishers at once, got %s.', cardinality(reported)));
  end if;
  -- A session that somebody is changing is left alone, as in disconnect_others.
  update public.stream_sessions set last_seen_at = now(), disconnected_at = null
  where id in (
    select session.id from public.stream_sessions as session
    where session.media_server = renew_ingest.media_server and session.publisher_id = any (reported)
      and is_active and kind = 'ingest'
    for no key update skip locked
  );
  select coalesce(array_agg(session.publisher_id), '{}') into known from public.stream_sessions as session
  where session.media_server = renew_ingest.media_server and session.publisher_id = any (reported)
    and is_active and kind = 'ingest';
  if is_complete then
    lost_count := private.disconnect_others(media_server, reported);
  end if;
  return row(known, array(select unnest(reported) except select unnest(known)), lost_count)::public.renewed_ingest;
end
$$;
comment on function private.renew_ingest(text, text[], boolean) is
  'A media server says which publishers it has; their leases run anew. With is_complete the list is everything it '
  'has, and its other sessions are disconnected. Raises media_server_invalid, publisher_ids_invalid. Callable by '
  'service_role and streams_service.';
select private.publish_rpc('private.renew_ingest(text, text[], boolean)', 'service_role', 'streams_service');

create function private.reap_sessions()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  owner_id uuid;
  stopped_count integer := 0;
begin
  for owner_id in
    select distinct user_id from private.ended_sessions order by user_id
  loop
    perform from public.users where id = owner_id for no key update skip locked;
    if found then
      stopped_count := stopped_count + private.stop_ended_sessions(owner_id);
    end if;
  end loop;
  return stopped_count;
end
$$;
comment on function private.reap_sessions() is
  'Stops the ingest sessions whose publisher did not come back within the reconnect grace, and those whose media '
  'server has not been heard of for the lease; run by the job reap-sessions. Returns how many. Users that are being '
  'changed at the moment wait for the next run. Callable by service_role and streams_service.';
select private.publish_rpc('private.reap_sessions()', 'service_role', 'streams_service');
insert into private.scheduled_jobs (name, schedule, sql_function) values
  ('reap-sessions', '*/10 * * * * *', 'private.reap_sessions');
