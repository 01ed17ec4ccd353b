-- Streams: how an ingest session goes on (its lease), is left, and ends.

create function private.end_ingest(server text, publisher text, received_bytes bigint)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  left_session uuid;
begin
  perform private.check_publisher(server, publisher);
  update public.stream_sessions
  set disconnected_at = now(), last_seen_at = now(), bytes_in = bytes_in + coalesce(received_bytes, 0)
  where media_server = server and publisher_id = publisher and is_active and kind = 'ingest' and disconnected_at is null
  returning id into left_session;
  return jsonb_build_object('ended', left_session is not null, 'session_id', left_session);
end
$$;
comment on function private.end_ingest(text, text, bigint) is 'See public.end_ingest.';
grant execute on function private.end_ingest(text, text, bigint) to service_role, streams_service;

create function public.end_ingest(media_server text, publisher_id text, bytes_in bigint default null)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return private.end_ingest(end_ingest.media_server, end_ingest.publisher_id, end_ingest.bytes_in);
end
$$;
comment on function public.end_ingest(text, text, bigint) is
  'A publisher went: its session is disconnected and stops when the reconnect grace is over (reap_sessions), unless it comes back. '
  'bytes_in: what it sent over this connection. Returns {ended, session_id}; a publisher that holds no session changes nothing. '
  'Raises PT400 media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service.';
grant execute on function public.end_ingest(text, text, bigint) to streams_service;

create function private.renew_ingest(server text, publishers text[], complete boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  known text[];
  lost_count integer := 0;
begin
  perform private.check_text('media_server', server, 1, 100);
  if cardinality(publishers) > 10000 then
    perform private.fail(400, 'publisher_ids_invalid', format('At most 10000 publishers at once, got %s.', cardinality(publishers)),
      'Report in parts, with is_complete false.');
  end if;
  -- A session that somebody is changing is left alone: waiting for several rows at once could deadlock.
  update public.stream_sessions set last_seen_at = now(), disconnected_at = null
  where id in (
    select id from public.stream_sessions
    where media_server = server and publisher_id = any (publishers) and is_active and kind = 'ingest'
    for no key update skip locked
  );
  select coalesce(array_agg(publisher_id), '{}') into known from public.stream_sessions
  where media_server = server and publisher_id = any (publishers) and is_active and kind = 'ingest';
  if complete then
    update public.stream_sessions set disconnected_at = now()
    where id in (
      select id from public.stream_sessions
      where media_server = server and publisher_id <> all (publishers)
        and is_active and kind = 'ingest' and disconnected_at is null
      for no key update skip locked
    );
    get diagnostics lost_count = row_count;
  end if;
  return jsonb_build_object(
    'renewed', to_jsonb(known),
    'unknown', to_jsonb(array(select unnest(publishers) except select unnest(known))),
    'disconnected', lost_count);
end
$$;
comment on function private.renew_ingest(text, text[], boolean) is 'See public.renew_ingest.';
grant execute on function private.renew_ingest(text, text[], boolean) to service_role, streams_service;

create function public.renew_ingest(media_server text, publisher_ids text[], is_complete boolean default false)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return private.renew_ingest(renew_ingest.media_server, coalesce(renew_ingest.publisher_ids, '{}'), renew_ingest.is_complete);
end
$$;
comment on function public.renew_ingest(text, text[], boolean) is
  'A media server says which publishers it has; their leases run anew. With is_complete the list is everything it has, and its other sessions '
  'are disconnected. Returns {renewed, unknown, disconnected}: the server should drop the publishers in unknown, because their sessions have ended. '
  'Raises PT400 media_server_invalid, publisher_ids_invalid. Callable by service_role and streams_service.';
grant execute on function public.renew_ingest(text, text[], boolean) to streams_service;

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
comment on function private.reap_sessions() is 'See public.reap_sessions.';
grant execute on function private.reap_sessions() to service_role, streams_service;

create function public.reap_sessions()
returns integer
language sql
set search_path = ''
as $$
  select private.reap_sessions()
$$;
comment on function public.reap_sessions() is
  'Stops the ingest sessions whose publisher did not come back within the reconnect grace, and those whose media server has not been heard of '
  'for the lease; run by the cleanup job. Returns how many. Users that are being changed at the moment wait for the next run. '
  'Callable by service_role and streams_service.';
grant execute on function public.reap_sessions() to streams_service;
