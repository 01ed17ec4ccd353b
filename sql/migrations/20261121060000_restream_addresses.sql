-- Restream: the domain's errors, which addresses a worker may read from and push to, and what of them may be shown.

insert into private.errors (domain, code, status, hint) values
  ('restream', 'container_id_invalid', 400, 'Give at most 100 characters, or null for none.'),
  ('restream', 'lease_lost', 409, 'Stop pushing it at once.'),
  ('restream', 'max_requests_reached', 409, 'Cancel a request that you no longer need.'),
  ('restream', 'notes_invalid', 400, 'Give at most 2000 characters; line breaks are allowed.'),
  ('restream', 'request_not_approved', 409,
    'A pending request waits for an admin; make a new one in place of a rejected or cancelled one.'),
  ('restream', 'request_not_found', 404, 'Your requests are in stream_requests.'),
  ('restream', 'request_not_pending', 409, 'Its owner can make a new one.'),
  ('restream', 'rtmp_url_forbidden', 400,
    'Use a public host. An operator can name others in the setting allowed_target_hosts.'),
  ('restream', 'rtmp_url_invalid', 400,
    'Paste the server address, a slash and the stream key: rtmp://host/app/key.'),
  ('restream', 'session_not_found', 404, 'Your sessions are in stream_sessions.'),
  ('restream', 'session_not_restream', 409, 'Stop the encoder, or disable the stream.'),
  ('restream', 'source_url_invalid', 400, 'Give the signed URL of the file.'),
  ('restream', 'stats_invalid', 400, 'Leave out what is unknown.'),
  ('restream', 'status_invalid', 400, 'Give starting, running, stopped or error.'),
  ('restream', 'video_changed', 409, 'Make a new request for the file as it is now.'),
  ('restream', 'video_not_found', 404, 'Upload it first, or check its name.'),
  ('restream', 'video_source_forbidden', 400,
    'Use a public host. An operator can name others in the setting allowed_source_hosts.'),
  ('restream', 'video_source_invalid', 400,
    'Give an http(s) address, or upload to the bucket videos and give videos/<your id>/<file>.'),
  ('restream', 'worker_id_invalid', 400, 'Give a name of 1 to 200 characters.');

insert into private.settings (key, value, comment) values
  ('allowed_source_hosts', '[]',
    'Hosts ("host" or "host:port") that videos may come from although they are not public. For development.'),
  ('allowed_target_hosts', '[]',
    'Hosts ("host" or "host:port") that may be pushed to although they are not public. For development.');

create type private.address as (
  scheme text,
  host text,
  port integer,
  path text,
  query text
);
comment on type private.address is
  'The parts of an address: scheme and host in lower case, host without brackets or a dot at its end, path with its '
  'first slash, query with its question mark.';

create function private.default_port(scheme text)
returns integer
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case scheme when 'http' then 80 when 'https' then 443 when 'rtmp' then 1935 when 'rtmps' then 443 end;
end
$$;
comment on function private.default_port(text) is 'The port of a scheme that names none.';

create function private.parse_address(address text, schemes text[])
returns private.address
language plpgsql
immutable
set search_path = ''
as $$
declare
  parts text[];
  parsed private.address;
begin
  -- Printable ASCII without a backslash or "@": nothing that two parsers could read in two ways.
  if length(address) > 2048 or address !~ '^[!-~]+$' or address ~ '[\\@]' then
    return null;
  end if;
  parts := regexp_match(address,
    '^([a-z]+)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?(/[^?#]*)?(\?[^#]*)?$', 'i');
  if parts is null or lower(parts[1]) <> all (schemes) then
    return null;
  end if;
  parsed.scheme := lower(parts[1]);
  parsed.host := rtrim(btrim(lower(parts[2]), '[]'), '.');
  parsed.port := coalesce(parts[3]::integer, private.default_port(parsed.scheme));
  parsed.path := coalesce(parts[4], '');
  parsed.query := coalesce(parts[5], '');
  if parsed.host = '' or parsed.port not between 1 and 65535 then
    return null;
  end if;
  return parsed;
end
$$;
comment on function private.parse_address(text, text[]) is
  'The parts of an address with one of the schemes, or null for what is none, carries a user name or a fragment, or '
  'is longer than 2048 characters.';

create function private.forbidden_networks()
returns cidr[]
language plpgsql
immutable
set search_path = ''
as $$
begin
  return array[
    '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
    '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24',
    '224.0.0.0/4', '240.0.0.0/4',
    '::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23',
    '2001:db8::/32', '2002::/16', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'
  ]::cidr[];
end
$$;
comment on function private.forbidden_networks() is
  'Networks that are not the public internet: loopback, private, link-local, shared, reserved, multicast, and those '
  'of IPv6 that carry IPv4 addresses. Source: the special-purpose address registries of IANA (RFC 6890).';

create function private.is_forbidden_host(host text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
declare
  address inet := private.parse_ip(host);
begin
  if address is not null and (family(address) = 6 or host ~ '^(0|[1-9]\d*)(\.(0|[1-9]\d*)){3}$') then
    return exists (select from unnest(private.forbidden_networks()) as network where address <<= network);
  end if;
  return host !~ '\.' -- a name of the local network, or an IPv4 address as one number
    or host ~ '(^|\.)(0x[0-9a-f]*|\d+)$' -- an IPv4 address in an unusual form: 127.1, 0x7f.0.0.1, 0177.0.0.1
    or host ~ '\.(localhost|local|localdomain|internal|intranet|lan|home|corp|home\.arpa)$';
end
$$;
comment on function private.is_forbidden_host(text) is
  'Is this host, as it is written, not on the public internet? Names are looked up by the worker, which checks what '
  'they resolve to.';

create function private.is_allowed_host(setting_key text, address private.address)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.setting(setting_key) ?| array[address.host, address.host || ':' || address.port];
end
$$;
comment on function private.is_allowed_host(text, private.address) is
  'Does the setting (allowed_source_hosts or allowed_target_hosts) name this host?';

create function private.check_address(field text, address text, schemes text[], setting_key text)
returns private.address
language plpgsql
stable
set search_path = ''
as $$
declare
  parsed private.address := private.parse_address(address, schemes);
begin
  if parsed is null then
    perform private.fail(field || '_invalid',
      format('%s must be an address that begins with %s://, in plain ASCII and without a user name.',
        field, array_to_string(schemes, ':// or ')));
  end if;
  if private.is_forbidden_host(parsed.host) and not private.is_allowed_host(setting_key, parsed) then
    perform private.fail(field || '_forbidden',
      format('%s names %s, which is not on the public internet.', field, parsed.host));
  end if;
  return parsed;
end
$$;
comment on function private.check_address(text, text, text[], text) is
  'The parts of an address that a worker may use. Raises <field>_forbidden, <field>_invalid.';

create function private.check_rtmp_url(rtmp_url text)
returns private.address
language plpgsql
stable
set search_path = ''
as $$
declare
  parsed private.address := private.check_address('rtmp_url', rtmp_url, array['rtmp', 'rtmps'],
    'allowed_target_hosts');
begin
  if parsed.path !~ '^/[^/]' then
    perform private.fail('rtmp_url_invalid', 'rtmp_url has no application and key after the host.');
  end if;
  return parsed;
end
$$;
comment on function private.check_rtmp_url(text) is
  'The parts of a target. Raises rtmp_url_forbidden, rtmp_url_invalid.';

create function private.show_host(address private.address)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return address.scheme || '://' || case when address.host ~ ':' then '[' || address.host || ']' else address.host end
    || case when address.port = private.default_port(address.scheme) then '' else ':' || address.port end;
end
$$;
comment on function private.show_host(private.address) is 'Scheme, host and port as they are written.';

create function private.show_application(address private.address)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  application constant text := substring(address.path from '^/([^/]+)/');
begin
  -- With some servers the key is the first part of the path. Only what is an application's usual name is none.
  return case when lower(application) in ('app', 'broadcast', 'event', 'ingest', 'live', 'live2', 'publish', 'rtmp',
    'stream') then '/' || application else '' end;
end
$$;
comment on function private.show_application(private.address) is
  'The application of a target with its slash, where it has one of the usual names; nothing where it may be a key.';

create function private.mask_rtmp_url(address private.address)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return private.show_host(address) || private.show_application(address) || '/****';
end
$$;
comment on function private.mask_rtmp_url(private.address) is
  'What of a target may be shown: rtmp://host/app/****. Everything but an application of a usual name counts as the '
  'key.';

create function private.mask_source_url(address private.address)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return private.show_host(address) || address.path || case when address.query = '' then '' else '?****' end;
end
$$;
comment on function private.mask_source_url(private.address) is
  'What of a video''s address may be shown: its query often is a signature.';
