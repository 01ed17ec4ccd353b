-- Core: who is calling, and what admins tune.

create function private.is_trusted_caller()
returns boolean
language sql
stable
set search_path = ''
as $$
  select coalesce(
    (select auth.role()) = 'service_role',
    pg_has_role(session_user, 'postgres', 'member')
  )
$$;
comment on function private.is_trusted_caller() is
  'True for the secret key, and for the owner of the database working without an API in between (Studio, scripts).';

create function private.request_header(header_name text)
returns text
language sql
stable
set search_path = ''
as $$
  select nullif(current_setting('request.headers', true), '')::jsonb ->> lower(header_name)
$$;
comment on function private.request_header(text) is
  'A header of the API request that is being served, or null outside of one.';

create function private.parse_ip(address text)
returns inet
language plpgsql
immutable
set search_path = ''
as $$
begin
  return trim(address)::inet;
exception when invalid_text_representation then
  return null;
end
$$;
comment on function private.parse_ip(text) is 'An IP address from text; null for what is none.';

create function private.client_ip()
returns inet
language sql
stable
set search_path = ''
as $$
  select private.parse_ip(split_part(coalesce(
    private.request_header('cf-connecting-ip'),
    private.request_header('x-real-ip'),
    private.request_header('x-forwarded-for')
  ), ',', 1))
$$;
comment on function private.client_ip() is
  'The client''s address as the gateway in front saw it, or null. The headers are the gateway''s own: it drops those '
  'that a client sends.';

-- Roles are a column of public.users, which comes later: plpgsql looks it up when it runs.
create function private.is_admin()
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (select from public.users where id = (select auth.uid()) and role = 'admin');
end
$$;
comment on function private.is_admin() is
  'True when the signed-in user is an admin. In policies: (select private.is_admin()).';
grant execute on function private.is_admin() to anon, authenticated, service_role;

create function private.require_admin()
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not (private.is_admin() or private.is_trusted_caller()) then
    perform private.fail('admin_required', 'Only an admin may do this.');
  end if;
end
$$;
comment on function private.require_admin() is
  'Raises admin_required unless the caller is an admin, holds the secret key, or owns the database.';

create function private.require_user()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
begin
  if auth.uid() is null then
    perform private.fail('sign_in_required', 'You are not signed in.');
  end if;
  return auth.uid();
end
$$;
comment on function private.require_user() is 'The signed-in user''s id. Raises sign_in_required for anybody else.';
grant execute on function private.require_user() to anon;

-- A policy that says "own rows, or all for an admin" as a range is one index scan for both; with
-- `or` Postgres would read the whole table for everybody.
create function private.first_visible_user()
returns uuid
language sql
stable
set search_path = ''
as $$
  select case when private.is_admin() then '00000000-0000-0000-0000-000000000000'::uuid else auth.uid() end
$$;
comment on function private.first_visible_user() is
  'Lower end of the range of user ids whose private rows the caller may read: the caller''s own id, or the least uuid '
  'for an admin. For policies, with last_visible_user.';
grant execute on function private.first_visible_user() to anon, authenticated, service_role;

create function private.last_visible_user()
returns uuid
language sql
stable
set search_path = ''
as $$
  select case when private.is_admin() then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid else auth.uid() end
$$;
comment on function private.last_visible_user() is
  'Upper end of the range of user ids whose private rows the caller may read; see first_visible_user.';
grant execute on function private.last_visible_user() to anon, authenticated, service_role;

-- Settings -------------------------------------------------------------------------------------

create function private.set_setting(key text, value jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  old_value jsonb;
begin
  perform private.require_admin();
  select settings.value into old_value from private.settings where settings.key = set_setting.key for no key update;
  if not found then
    perform private.fail('setting_not_found', format('There is no setting "%s".', left(set_setting.key, 60)));
  end if;
  if jsonb_typeof(set_setting.value) is distinct from jsonb_typeof(old_value)
    or (jsonb_typeof(old_value) = 'number' and (set_setting.value #>> '{}') !~ '^\d{1,9}$') then
    perform private.fail('value_invalid', format('The setting %s is a %s, got %s.', set_setting.key,
      jsonb_typeof(old_value), coalesce(left(set_setting.value::text, 60), 'nothing')));
  end if;
  perform private.check_json('value', value, 262144);
  update private.settings set value = set_setting.value where settings.key = set_setting.key;
  return set_setting.value;
end
$$;
comment on function private.set_setting(text, jsonb) is
  'Changes a setting to a value of the same JSON type and returns it. For admins. Raises admin_required, '
  'setting_not_found, sign_in_required, value_invalid.';
select private.publish_rpc('private.set_setting(text, jsonb)', 'authenticated');

create function private.get_settings()
returns table (key text, value jsonb, comment text)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_admin();
  return query select settings.key, settings.value, settings.comment from private.settings order by settings.key;
end
$$;
comment on function private.get_settings() is
  'All settings with their values and meaning. For admins. Raises admin_required, sign_in_required.';
select private.publish_rpc('private.get_settings()', 'authenticated');
