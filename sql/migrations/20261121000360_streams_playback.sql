-- Streams: playback addresses, and who may play.

insert into private.settings (key, value, comment) values
  ('playback_flv_url', '"http://127.0.0.1:8000/live/{stream_id}.flv"', 'Address of a live stream as HTTP-FLV; empty: not offered.'),
  ('playback_hls_url', '""', 'Address of a live stream as HLS; empty: not offered.'),
  ('playback_token_seconds', '3600', 'How long a playback address of an unlisted or private stream can be opened.');

insert into private.secrets (name, secret) values ('playback', extensions.gen_random_bytes(32));

create function private.sign_playback(target_stream uuid, expiry bigint)
returns text
language sql
stable
set search_path = ''
as $$
  select expiry || '.' || encode(extensions.hmac(
    convert_to(target_stream || '.' || expiry, 'utf8'),
    (select secret from private.secrets where name = 'playback'), 'sha256'), 'hex')
$$;
comment on function private.sign_playback(uuid, bigint) is
  'A playback token: <expiry, seconds since 1970>.<HMAC-SHA256 of "<stream id>.<expiry>" in hex>.';

create function private.is_playback_token(target_stream uuid, token text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select coalesce(
    token ~ '^\d{10}\.[0-9a-f]{64}$'
    and split_part(token, '.', 1)::bigint > extract(epoch from now())
    -- Digests are compared, so that the time it takes tells nothing of the signature.
    and sha256(convert_to(token, 'utf8'))
      = sha256(convert_to(private.sign_playback(target_stream, split_part(token, '.', 1)::bigint), 'utf8')),
    false)
$$;
comment on function private.is_playback_token(uuid, text) is 'True for a token that sign_playback made for this stream and that has not expired.';

create function private.playback_url(template_key text, target_stream uuid, token text)
returns text
language sql
stable
set search_path = ''
as $$
  select nullif(replace(private.setting_text(template_key), '{stream_id}', target_stream::text), '') || coalesce('?token=' || token, '')
$$;
comment on function private.playback_url(text, uuid, text) is
  'A playback address from the template in a setting, with the token if there is one; null where the template is empty.';

create function private.get_playback(target_stream uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  stream public.streams := private.get_stream(target_stream);
  expiry bigint;
  token text;
begin
  if not stream.is_live then
    perform private.fail(409, 'stream_not_live', 'This stream is not live.', 'Wait until streams.is_live is true.');
  end if;
  if stream.visibility <> 'public' then
    expiry := extract(epoch from now())::bigint + private.setting_integer('playback_token_seconds');
    token := private.sign_playback(stream.id, expiry);
  end if;
  return jsonb_build_object(
    'flv_url', private.playback_url('playback_flv_url', stream.id, token),
    'hls_url', private.playback_url('playback_hls_url', stream.id, token),
    'expires_at', to_timestamp(expiry));
end
$$;
comment on function private.get_playback(uuid) is 'See public.get_playback.';
grant execute on function private.get_playback(uuid) to anon, authenticated, service_role;

create function public.get_playback(stream_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.get_playback(get_playback.stream_id)
$$;
comment on function public.get_playback(uuid) is
  'Where to play a live stream: {flv_url, hls_url, expires_at}. Addresses of unlisted and private streams carry a token that can be opened until expires_at; '
  'those of public streams do not end (null). For whoever get_stream lets see it. Raises PT404 stream_not_found, PT409 stream_not_live.';
grant execute on function public.get_playback(uuid) to anon, authenticated;

create function private.authorize_play(target_stream uuid, token text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  stream public.streams;
begin
  select * into stream from public.streams where id = target_stream;
  if stream.id is null or (stream.visibility <> 'public' and token is null) then
    return jsonb_build_object('allowed', false, 'status', 404, 'code', 'stream_not_found',
      'message', 'There is no such stream.', 'hint', 'Get the address from get_playback.');
  end if;
  if stream.status = 'disabled' then
    return jsonb_build_object('allowed', false, 'status', 403, 'code', 'stream_disabled',
      'message', 'This stream is disabled.', 'hint', 'Its owner or an admin can enable it.');
  end if;
  if stream.visibility <> 'public' and not private.is_playback_token(stream.id, token) then
    return jsonb_build_object('allowed', false, 'status', 403, 'code', 'playback_token_invalid',
      'message', 'The playback address has expired or was changed.', 'hint', 'Get a new one from get_playback.');
  end if;
  return jsonb_build_object('allowed', true);
end
$$;
comment on function private.authorize_play(uuid, text) is 'See public.authorize_play.';
grant execute on function private.authorize_play(uuid, text) to service_role, streams_service;

create function public.authorize_play(stream_id uuid, token text default null)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.authorize_play(authorize_play.stream_id, authorize_play.token)
$$;
comment on function public.authorize_play(uuid, text) is
  'May whoever opened a playback address with this token play? {allowed: true}, or {allowed: false, status, code, message, hint} with '
  '404 stream_not_found, 403 stream_disabled or 403 playback_token_invalid. Callable by service_role and streams_service.';
grant execute on function public.authorize_play(uuid, text) to streams_service;
