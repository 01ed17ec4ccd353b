-- Streams: what media servers ask. A publish is admitted under one lock on its user's row, so that racing publishes
-- see each other and a limit of k admits exactly k.

insert into private.settings (key, value, comment) values
  ('ingest_reconnect_grace_seconds', '60', 'How long a publisher that went may come back to its session.'),
  ('ingest_lease_seconds', '90',
    'How long a session lives without word from its media server (nginx-rtmp reports every 30 s, the local one 10).'),
  ('ingest_refusal_memory_seconds', '10',
    'How long a refused publisher that asks again gets the same answer; some servers ask twice for each publish.');

create function private.check_publisher(media_server text, publisher_id text)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if length(media_server) <= 100 and length(publisher_id) <= 200 and media_server || publisher_id ~ '^[!-~]+$'
    and media_server <> '' and publisher_id <> '' then
    return; -- the usual case, at a quarter of the cost
  end if;
  perform private.check_text('media_server', media_server, 1, 100);
  perform private.check_text('publisher_id', publisher_id, 1, 200);
end
$$;
comment on function private.check_publisher(text, text) is 'Raises media_server_invalid, publisher_id_invalid.';

create view private.ended_sessions as
  select id, user_id,
    case when disconnected_at is not null then 'disconnected' else 'lease_expired' end as reason,
    coalesce(disconnected_at, last_seen_at) as ended_at
  from public.stream_sessions
  where is_active and kind = 'ingest'
    and (disconnected_at < (select now() - private.setting_seconds('ingest_reconnect_grace_seconds'))
      or (disconnected_at is null
        and last_seen_at < (select now() - private.setting_seconds('ingest_lease_seconds'))));
comment on view private.ended_sessions is
  'Active ingest sessions that came to their end, and when: the publisher went and the grace is over, or the lease '
  'ran out.';

create function private.stop_ended_sessions(owner_id uuid)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  ended private.ended_sessions;
  stopped_count integer := 0;
begin
  for ended in select * from private.ended_sessions where user_id = owner_id for update loop
    perform private.stop_session(ended.id, ended.reason, ended.ended_at);
    stopped_count := stopped_count + 1;
  end loop;
  return stopped_count;
end
$$;
comment on function private.stop_ended_sessions(uuid) is
  'Stops a user''s ingest sessions that came to their end. The caller has locked the user''s row. Returns how many.';

-- The answers ----------------------------------------------------------------------------------

create type public.ingest_answer as (
  admitted boolean,
  session_id uuid,
  stream_id uuid,
  user_id uuid,
  resumed boolean,
  status integer,
  code text,
  message text,
  hint text
);
comment on type public.ingest_answer is 'What begin_ingest answers: a session, or a refusal.';
comment on column public.ingest_answer.admitted is 'Whether the publisher may broadcast.';
comment on column public.ingest_answer.session_id is 'The publisher''s session; null: refused.';
comment on column public.ingest_answer.stream_id is 'The session''s stream; null: refused.';
comment on column public.ingest_answer.user_id is 'Whose stream it is; null: refused.';
comment on column public.ingest_answer.resumed is
  'Whether a publisher that had gone is back in its session; null: refused.';
comment on column public.ingest_answer.status is 'The refusal''s HTTP status; null: admitted.';
comment on column public.ingest_answer.code is
  'stream_key_invalid, stream_limit_reached, stream_disabled, stream_already_live or stream_expired; null: admitted.';
comment on column public.ingest_answer.message is 'Why the publisher was refused; null: admitted.';
comment on column public.ingest_answer.hint is 'What to do next; null: admitted.';

create function private.describe_admission(session public.stream_sessions)
returns public.ingest_answer
language plpgsql
immutable
set search_path = ''
as $$
begin
  return row(true, session.id, session.stream_id, session.user_id, session.resumed_at is not null,
    null, null, null, null)::public.ingest_answer;
end
$$;
comment on function private.describe_admission(public.stream_sessions) is
  'The answer of begin_ingest for an admitted publisher.';

create function private.describe_ingest_refusal(code text, message text)
returns public.ingest_answer
language plpgsql
stable
set search_path = ''
as $$
declare
  known private.errors;
begin
  select * into known from private.errors where errors.code = describe_ingest_refusal.code;
  return row(false, null, null, null, null, known.status, known.code, describe_ingest_refusal.message, known.hint)
    ::public.ingest_answer;
end
$$;
comment on function private.describe_ingest_refusal(text, text) is
  'The answer of begin_ingest for a refused publisher. code: one of private.errors, which has status and hint.';

-- Admission ------------------------------------------------------------------------------------

create type private.ingest_attempt as (
  stream_id uuid,
  user_id uuid,
  key_id uuid,
  key_prefix text,
  media_server text,
  publisher_id text,
  client_ip inet
);
comment on type private.ingest_attempt is 'One publish that a media server asks about, as far as it is known.';

create function private.log_admission(
  attempt private.ingest_attempt, rule text, session_id uuid, refusal private.refusal default null
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into private.admission_log (admitted, rule, message, stream_id, user_id, session_id,
    media_server, publisher_id, client_ip, key_prefix, limit_count, active_count)
  values (log_admission.session_id is not null, log_admission.rule, refusal.message, attempt.stream_id, attempt.user_id,
    log_admission.session_id, attempt.media_server, attempt.publisher_id, attempt.client_ip, attempt.key_prefix,
    refusal.limit_count, refusal.active_count);
end
$$;
comment on function private.log_admission(private.ingest_attempt, text, uuid, private.refusal) is
  'Records an answer of begin_ingest.';

create function private.log_wrong_key(attempt private.ingest_attempt, refusal private.refusal)
returns void
language plpgsql
set search_path = ''
as $$
declare
  first_moment constant timestamptz := date_trunc('minute', now());
  row_count integer;
  is_known boolean;
begin
  -- Counts of strangers' attempts: to lose some in a crash costs less than a disk write for each.
  perform set_config('synchronous_commit', 'off', true);
  perform pg_advisory_xact_lock(hashtextextended('wrong keys ' || attempt.stream_id, 0));
  select count(*), coalesce(bool_or(log.client_ip is not distinct from attempt.client_ip), false)
  into row_count, is_known
  from private.admission_log as log
  where log.stream_id = attempt.stream_id and log.rule = refusal.code
    and log.created_at >= first_moment and log.created_at < first_moment + interval '1 minute';
  if row_count >= 19 and not is_known then
    attempt.client_ip := null;
  end if;
  update private.admission_log as log set attempts = log.attempts + 1
  where log.stream_id = attempt.stream_id and log.rule = refusal.code
    and log.created_at >= first_moment and log.created_at < first_moment + interval '1 minute'
    and log.client_ip is not distinct from attempt.client_ip;
  if not found then
    perform private.log_admission(attempt, refusal.code, null, refusal);
  end if;
end
$$;
comment on function private.log_wrong_key(private.ingest_attempt, private.refusal) is
  'Counts a wrong key for a stream: one row an address and minute, at most 20 a minute whatever the addresses, so that '
  'strangers do not crowd out what its owner wants to read.';

create function private.recall_refusal(stream_key private.stream_keys, publisher text)
returns public.ingest_answer
language plpgsql
stable
set search_path = ''
as $$
begin
  if stream_key.refused_publisher = publisher
    and stream_key.refused_at > now() - private.setting_seconds('ingest_refusal_memory_seconds') then
    return private.describe_ingest_refusal(stream_key.refusal_code, stream_key.refusal_message);
  end if;
  return null;
end
$$;
comment on function private.recall_refusal(private.stream_keys, text) is
  'The refusal that this publisher (media server and id) was just given with this key, or null: who asks twice gets '
  'one answer.';

create function private.tell_refusal(attempt private.ingest_attempt, refusal private.refusal)
returns void
language plpgsql
set search_path = ''
as $$
declare
  told jsonb := jsonb_build_object('rule', refusal.code, 'message', refusal.message,
    'limit_count', refusal.limit_count, 'active_count', refusal.active_count);
begin
  perform private.append_notice('Stream', attempt.stream_id, 'AdmissionRefused',
    told || jsonb_build_object('media_server', attempt.media_server, 'client_ip', attempt.client_ip,
      'key_prefix', attempt.key_prefix),
    attempt.user_id, personal => '{client_ip}', topic => 'user:' || attempt.user_id,
    payload => told || jsonb_build_object('stream_id', attempt.stream_id));
end
$$;
comment on function private.tell_refusal(private.ingest_attempt, private.refusal) is
  'Appends a refusal to the stream''s history, and tells its owner.';

create function private.refuse_ingest(attempt private.ingest_attempt, refusal private.refusal)
returns public.ingest_answer
language plpgsql
set search_path = ''
as $$
begin
  -- Whoever knows an address can present a wrong key; that must not fill the owner's history.
  if attempt.key_id is not null then
    perform private.log_admission(attempt, refusal.code, null, refusal);
    update private.stream_keys
    set refused_publisher = attempt.media_server || ' ' || attempt.publisher_id, refused_at = now(),
        refusal_code = refusal.code, refusal_message = refusal.message
    where id = attempt.key_id;
    perform private.tell_refusal(attempt, refusal);
  elsif attempt.stream_id is not null then
    perform private.log_wrong_key(attempt, refusal);
  end if;
  return private.describe_ingest_refusal(refusal.code, refusal.message);
end
$$;
comment on function private.refuse_ingest(private.ingest_attempt, private.refusal) is
  'Records a refusal and answers it; of a stream that does not exist nothing is recorded.';

create function private.admit_ingest(
  attempt private.ingest_attempt, session public.stream_sessions, rule text
)
returns public.ingest_answer
language plpgsql
set search_path = ''
as $$
begin
  perform private.log_admission(attempt, rule, session.id);
  return private.describe_admission(session);
end
$$;
comment on function private.admit_ingest(private.ingest_attempt, public.stream_sessions, text) is
  'Records an admission and answers it.';

create function private.find_publisher_session(media_server text, publisher_id text)
returns public.stream_sessions
language plpgsql
stable
set search_path = ''
as $$
declare
  held public.stream_sessions;
begin
  select * into held from public.stream_sessions as session
  where session.media_server = find_publisher_session.media_server
    and session.publisher_id = find_publisher_session.publisher_id and is_active and kind = 'ingest';
  return held;
end
$$;
comment on function private.find_publisher_session(text, text) is
  'The active session that a media server''s publisher holds.';

create function private.release_publisher(session_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.stream_sessions set disconnected_at = coalesce(disconnected_at, now()), publisher_id = null
  where id = session_id;
end
$$;
comment on function private.release_publisher(uuid) is
  'Disconnects a session whose publisher''s id has come up for another stream: a media server that restarted counts '
  'its connections from the start.';

create function private.resume_session(attempt private.ingest_attempt, session_id uuid)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
declare
  resumed public.stream_sessions;
begin
  update public.stream_sessions
  set media_server = attempt.media_server, publisher_id = attempt.publisher_id, client_ip = attempt.client_ip,
      last_seen_at = now(), disconnected_at = null, resumed_at = now()
  where id = session_id
  returning * into resumed;
  return resumed;
end
$$;
comment on function private.resume_session(private.ingest_attempt, uuid) is
  'Hands a session to a publisher that came back.';

create function private.start_session(attempt private.ingest_attempt)
returns public.stream_sessions
language plpgsql
set search_path = ''
as $$
declare
  started public.stream_sessions;
begin
  insert into public.stream_sessions (stream_id, user_id, kind, status, media_server, publisher_id, stream_key_id,
    client_ip, last_seen_at, started_at)
  values (attempt.stream_id, attempt.user_id, 'ingest', 'running', attempt.media_server, attempt.publisher_id,
    attempt.key_id, attempt.client_ip, now(), now())
  returning * into started;
  return started;
end
$$;
comment on function private.start_session(private.ingest_attempt) is
  'Makes the running session of an admitted publisher.';

create function private.decide_ingest(attempt private.ingest_attempt, stream public.streams)
returns public.ingest_answer
language plpgsql
set search_path = ''
as $$
declare
  session public.stream_sessions;
  refusal private.refusal;
begin
  select * into session from public.stream_sessions where stream_id = stream.id and kind = 'ingest' and is_active;
  refusal := private.find_closed_refusal(stream);
  if refusal.code is null and session.id is not null and session.disconnected_at is null then
    refusal.code := 'stream_already_live';
    refusal.message := 'Another encoder is publishing to this stream.';
  end if;
  if refusal.code is not null then
    return private.refuse_ingest(attempt, refusal);
  end if;
  if session.id is not null and session.stream_key_id = attempt.key_id then
    return private.admit_ingest(attempt, private.resume_session(attempt, session.id), 'resumed');
  elsif session.id is not null then
    perform private.stop_session(session.id, 'disconnected', session.disconnected_at);
  end if;
  refusal := private.find_limit_refusal(stream.user_id);
  if refusal.code is not null then
    return private.refuse_ingest(attempt, refusal);
  end if;
  return private.admit_ingest(attempt, private.start_session(attempt), 'admitted');
end
$$;
comment on function private.decide_ingest(private.ingest_attempt, public.streams) is
  'The rules of admission, in their order, for a publisher with a valid key. The caller has locked the user''s row.';

create function private.begin_ingest(
  stream_id uuid, key text, media_server text, publisher_id text, client_ip text default null
)
returns public.ingest_answer
language plpgsql
security definer
set search_path = ''
as $$
declare
  attempt private.ingest_attempt;
  stream public.streams;
  stream_key private.stream_keys;
  held public.stream_sessions;
  publisher text;
begin
  perform private.check_publisher(media_server, publisher_id);
  publisher := media_server || ' ' || publisher_id;
  -- Looked up twice: a wrong key must not make the owner's publishes wait, a right one may be rotated while this waits.
  if (private.find_stream_key(stream_id, key)).id is not null then
    perform pg_advisory_xact_lock(hashtextextended(publisher, 0));
    perform from public.users where id = (select user_id from public.streams where id = stream_id) for no key update;
    stream_key := private.find_stream_key(stream_id, key);
  end if;
  select * into stream from public.streams where id = stream_id;
  attempt := row(stream.id, stream.user_id, stream_key.id, private.mask_stream_key(key), media_server, publisher_id,
    private.parse_ip(client_ip));
  if stream_key.id is null then
    return private.refuse_ingest(attempt,
      row('stream_key_invalid', 'The stream key is not valid.', null, null)::private.refusal);
  end if;
  if stream_key.last_used_at is null or stream_key.last_used_at < now() - interval '1 minute' then
    update private.stream_keys set last_used_at = now() where id = stream_key.id;
  end if;
  held := private.find_publisher_session(media_server, publisher_id);
  if held.stream_id = stream.id and held.disconnected_at is null then
    return private.describe_admission(held);
  elsif held.stream_id <> stream.id then
    perform private.release_publisher(held.id);
  end if;
  if private.stop_ended_sessions(stream.user_id) > 0 then
    select * into stream from public.streams where id = stream_id;
  end if;
  return coalesce(private.recall_refusal(stream_key, publisher), private.decide_ingest(attempt, stream));
end
$$;
comment on function private.begin_ingest(uuid, text, text, text, text) is
  'May this publisher (a connection publisher_id of media_server, from client_ip) broadcast to the stream with this '
  'key (the secret alone)? A refusal is an answer and never an exception, so that its record commits: 401 '
  'stream_key_invalid, 402 stream_limit_reached, 403 stream_disabled, 409 stream_already_live or 410 stream_expired. '
  'The same publisher asking again gets the same answer and the same session. Raises media_server_invalid, '
  'publisher_id_invalid. Callable by service_role and streams_service.';
select private.publish_rpc('private.begin_ingest(uuid, text, text, text, text)', 'service_role', 'streams_service');

create function private.validate_stream_key(stream_key text)
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  secret text := split_part(stream_key, '?key=', 2);
begin
  return (
    select found.stream_id
    from private.stream_keys as known
    cross join lateral private.find_stream_key(known.stream_id, secret) as found
    where known.secret_hash = private.hash_stream_key(secret)
      and known.stream_id::text = lower(split_part(stream_key, '?key=', 1))
      and found.id is not null);
end
$$;
comment on function private.validate_stream_key(text) is
  'The stream that a key in its pasted form (<stream id>?key=<secret>) opens, or null. Says nothing of limits; '
  'begin_ingest decides. Callable by service_role and streams_service.';
select private.publish_rpc('private.validate_stream_key(text)', 'service_role', 'streams_service');
