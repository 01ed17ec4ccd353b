-- Streams: the record of who was let in to publish and who was not, and why; the refusals that every kind of session
-- shares.

create table private.admission_log (
  id bigint generated always as identity,
  created_at timestamptz not null default now(),
  admitted boolean not null,
  rule text not null,
  message text,
  stream_id uuid,
  user_id uuid,
  session_id uuid,
  media_server text not null,
  publisher_id text not null,
  client_ip inet,
  key_prefix text,
  limit_count integer,
  active_count integer,
  attempts integer not null default 1
) partition by range (created_at);
comment on table private.admission_log is
  'Every answer of begin_ingest: admitted or refused, by which rule, with the numbers it saw; wrong keys for a stream '
  'that exists are counted, a row an address and minute. Kept for 90 days.';
comment on column private.admission_log.rule is 'admitted, resumed, or the code of the refusal.';
comment on column private.admission_log.key_prefix is
  'First 8 characters of a key of the right form; **** for anything else.';
comment on column private.admission_log.limit_count is 'The limit that was applied.';
comment on column private.admission_log.active_count is 'What was counted against it.';
comment on column private.admission_log.attempts is
  'How many wrong keys the row stands for, presented from client_ip within a minute; 1 for every other answer. Past 19 '
  'addresses the minute''s twentieth row, without an address, counts all others.';
create index admission_log_stream_idx on private.admission_log (stream_id, created_at desc);
select private.register_log_table('private.admission_log', 'month', '90 days');

create function private.erase_admissions()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update private.admission_log set client_ip = null where stream_id = old.id and client_ip is not null;
  return null;
end
$$;
comment on function private.erase_admissions() is
  'Trigger: when a stream goes, with its owner''s account or without, its publishers'' addresses go.';
create trigger streams_erase_admissions
  after delete on public.streams
  for each row execute function private.erase_admissions();

create function private.mask_stream_key(secret text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case when length(secret) = 48 and secret ~ '^[0-9a-f]+$' then left(secret, 8) else '****' end;
end
$$;
comment on function private.mask_stream_key(text) is
  'What may be written down of a presented key: the prefix of a real one, nothing of a password pasted by mistake.';

create function private.get_admissions(
  stream_id uuid,
  since timestamptz default now() - interval '1 day',
  until timestamptz default 'infinity',
  max_count integer default 100
)
returns table (
  created_at timestamptz, admitted boolean, rule text, message text, session_id uuid, media_server text,
  client_ip inet, key_prefix text, limit_count integer, active_count integer, attempts integer
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_readable_stream(stream_id);
  return query
    select log.created_at, log.admitted, log.rule, log.message, log.session_id, log.media_server,
      log.client_ip, log.key_prefix, log.limit_count, log.active_count, log.attempts
    from private.admission_log as log
    where log.stream_id = get_admissions.stream_id and log.created_at >= since and log.created_at < until
    order by log.created_at desc, log.id desc
    limit greatest(least(max_count, 1000), 0);
end
$$;
comment on function private.get_admissions(uuid, timestamptz, timestamptz, integer) is
  'Why publishers of a stream were admitted or refused, newest first, at most 1000 of since <= created_at < until. '
  'Wrong keys from one address within a minute are one row with their number in attempts. For the stream''s owner and '
  'admins. Raises sign_in_required, stream_not_found.';
select private.publish_rpc('private.get_admissions(uuid, timestamptz, timestamptz, integer)', 'authenticated');

-- Why not -------------------------------------------------------------------------------------

create type private.refusal as (
  code text,
  message text,
  limit_count integer,
  active_count integer
);
comment on type private.refusal is
  'Why a session may not start, with the limit that was applied and what was counted against it; nothing where it may.';

create function private.find_closed_refusal(stream public.streams)
returns private.refusal
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when stream.status = 'disabled' then row('stream_disabled', 'This stream is disabled.', null, null)::private.refusal
    when stream.expires_at <= now() then
      row('stream_expired', format('This stream expired at %s.', stream.expires_at), null, null)::private.refusal
  end;
end
$$;
comment on function private.find_closed_refusal(public.streams) is 'stream_disabled, stream_expired, or nothing.';

create function private.find_limit_refusal(owner_id uuid)
returns private.refusal
language plpgsql
stable
set search_path = ''
as $$
declare
  refusal private.refusal;
begin
  select private.streams_allowed(package_type, package_expires_at), streams_active
  into refusal.limit_count, refusal.active_count
  from public.users where id = owner_id;
  if refusal.active_count >= refusal.limit_count then
    refusal.code := 'stream_limit_reached';
    refusal.message := format('%s of %s streams that your package allows are running.', refusal.active_count,
      refusal.limit_count);
  end if;
  return refusal;
end
$$;
comment on function private.find_limit_refusal(uuid) is
  'stream_limit_reached, or nothing. Ingest and restream count together. The caller has locked the user''s row.';
