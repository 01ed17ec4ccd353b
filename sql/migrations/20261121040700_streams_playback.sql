-- Streams: playback addresses, and who may play.

insert into private.settings (key, value, comment) values
  ('playback_flv_url', '"http://127.0.0.1:8000/live/{stream_id}.flv"',
    'Address of a live stream as HTTP-FLV; empty: not offered.'),
  ('playback_hls_url', '""', 'Address of a live stream as HLS; empty: not offered.'),
  ('playback_token_seconds', '3600',
    'How long a playback address of an unlisted or private stream can be opened.');

insert into private.secrets (name, secret) values ('playback', extensions.gen_random_bytes(32));

create function private.sign_playback(stream_id uuid, expiry bigint)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return expiry || '.' || encode(extensions.hmac(
    convert_to(stream_id || '.' || expiry, 'utf8'),
    (select secret from private.secrets where name = 'playback'), 'sha256'), 'hex');
end
$$;
comment on function private.sign_playback(uuid, bigint) is
  'A playback token: <expiry, seconds since 1970>.<HMAC-SHA256 of "<stream id>.<expiry>" in hex>.';

create function private.is_playback_token(stream_id uuid, token text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  expiry bigint;
begin
  if coalesce(token, '') !~ '^\d{10}\.[0-9a-f]{64}$' then
    return false;
  end if;
  expiry := split_part(token, '.', 1)::bigint;
  -- Digests are compared, so that the time it takes tells nothing of the signature.
  return expiry > extract(epoch from now())
    and sha256(convert_to(token, 'utf8')) = sha256(convert_to(private.sign_playback(stream_id, expiry), 'utf8'));
end
$$;
comment on function private.is_playback_token(uuid, text) is
  'True for a token that sign_playback made for this stream and that has not expired.';

create function private.playback_url(setting_key text, stream_id uuid, token text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return nullif(replace(private.setting_text(setting_key), '{stream_id}', stream_id::text), '')
    || coalesce('?token=' || token, '');
end
$$;
comment on function private.playback_url(text, uuid, text) is
  'A playback address from the template in a setting, with the token if there is one; null where the template is '
  'empty.';

create type public.playback as (flv_url text, hls_url text, expires_at timestamptz);
comment on type public.playback is 'What get_playback answers: where to play a stream.';
comment on column public.playback.flv_url is 'Its address as HTTP-FLV; null: not offered.';
comment on column public.playback.hls_url is 'Its address as HLS; null: not offered.';
comment on column public.playback.expires_at is 'Until when the addresses can be opened; null: they do not end.';

create function private.get_playback(stream_id uuid)
returns public.playback
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  stream public.streams := private.get_stream(stream_id);
  expiry bigint;
  token text;
begin
  if not stream.is_live then
    perform private.fail('stream_not_live', 'This stream is not live.');
  end if;
  if stream.visibility <> 'public' then
    expiry := extract(epoch from now())::bigint + private.setting_integer('playback_token_seconds');
    token := private.sign_playback(stream.id, expiry);
  end if;
  return row(private.playback_url('playback_flv_url', stream.id, token),
    private.playback_url('playback_hls_url', stream.id, token), to_timestamp(expiry))::public.playback;
end
$$;
comment on function private.get_playback(uuid) is
  'Where to play a live stream. Addresses of unlisted and private streams carry a token that can be opened until '
  'expires_at; those of public streams do not end. For whoever get_stream lets see it. Raises stream_not_found, '
  'stream_not_live.';
select private.publish_rpc('private.get_playback(uuid)', 'anon', 'authenticated');

create type public.play_answer as (allowed boolean, status integer, code text, message text, hint text);
comment on type public.play_answer is 'What authorize_play answers.';
comment on column public.play_answer.allowed is 'Whether the player may play.';
comment on column public.play_answer.status is 'The refusal''s HTTP status; null: allowed.';
comment on column public.play_answer.code is
  'stream_not_found, stream_disabled or playback_token_invalid; null: allowed.';
comment on column public.play_answer.message is 'Why the player was refused; null: allowed.';
comment on column public.play_answer.hint is 'What to do next; null: allowed.';

create function private.find_play_refusal(stream_id uuid, token text)
returns private.refusal
language plpgsql
stable
set search_path = ''
as $$
declare
  stream public.streams;
begin
  select * into stream from public.streams where id = stream_id;
  return case
    when stream.id is null or (stream.visibility <> 'public' and token is null) then
      row('stream_not_found', 'There is no such stream.', null, null)::private.refusal
    when stream.status = 'disabled' then row('stream_disabled', 'This stream is disabled.', null, null)::private.refusal
    when stream.visibility <> 'public' and not private.is_playback_token(stream.id, token) then
      row('playback_token_invalid', 'The playback address has expired or was changed.', null, null)::private.refusal
  end;
end
$$;
comment on function private.find_play_refusal(uuid, text) is
  'stream_not_found, stream_disabled, playback_token_invalid, or nothing.';

create function private.authorize_play(stream_id uuid, token text default null)
returns public.play_answer
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  refusal private.refusal := private.find_play_refusal(stream_id, token);
  known private.errors;
begin
  if refusal.code is null then
    return row(true, null, null, null, null)::public.play_answer;
  end if;
  select * into known from private.errors where code = refusal.code;
  return row(false, known.status, known.code, refusal.message, known.hint)::public.play_answer;
end
$$;
comment on function private.authorize_play(uuid, text) is
  'May whoever opened a playback address with this token play? A refusal is an answer: 404 stream_not_found, 403 '
  'stream_disabled or 403 playback_token_invalid. Callable by service_role and streams_service.';
select private.publish_rpc('private.authorize_play(uuid, text)', 'service_role', 'streams_service');
