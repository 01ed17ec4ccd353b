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
  'The client''s address as the gateway in front saw it, or null. The headers are the gateway''s own: it drops those that a client sends.';

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
comment on function private.is_admin() is 'True when the signed-in user is an admin. In policies: (select private.is_admin()).';
grant execute on function private.is_admin() to anon, authenticated, service_role;

create function private.require_admin()
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not (private.is_admin() or private.is_trusted_caller()) then
    perform private.fail(403, 'admin_required', 'Only an admin may do this.', 'Sign in as an admin.');
  end if;
end
$$;
comment on function private.require_admin() is
  'Raises PT403 admin_required unless the caller is an admin, holds the secret key, or owns the database.';

create function private.require_user()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
begin
  if auth.uid() is null then
    perform private.fail(401, 'sign_in_required', 'You are not signed in.', 'Sign in and call again with the user''s access token.');
  end if;
  return auth.uid();
end
$$;
comment on function private.require_user() is 'The signed-in user''s id. Raises PT401 sign_in_required for anybody else.';

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
  'Lower end of the range of user ids whose private rows the caller may read: the caller''s own id, or the least uuid for an admin. For policies, with last_visible_user.';
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

create function private.set_setting(setting_key text, new_value jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  old_value jsonb;
begin
  perform private.require_admin();
  select value into old_value from private.settings where key = setting_key for no key update;
  if not found then
    perform private.fail(404, 'setting_not_found', format('There is no setting "%s".', left(setting_key, 60)),
      'The table private.settings lists them.');
  end if;
  if new_value is null or jsonb_typeof(new_value) <> jsonb_typeof(old_value) then
    perform private.fail(400, 'value_invalid',
      format('The setting %s is a %s, got %s.', setting_key, jsonb_typeof(old_value), coalesce(jsonb_typeof(new_value), 'nothing')),
      format('Give a JSON %s.', jsonb_typeof(old_value)));
  end if;
  if jsonb_typeof(new_value) = 'number' and ((new_value #>> '{}') !~ '^\d{1,9}$') then
    perform private.fail(400, 'value_invalid', format('The setting %s is a whole number from 0 to 999999999.', setting_key),
      'Give a whole number.');
  end if;
  update private.settings set value = new_value where key = setting_key;
  return new_value;
end
$$;
comment on function private.set_setting(text, jsonb) is 'See public.set_setting.';
grant execute on function private.set_setting(text, jsonb) to authenticated, service_role;

create function public.set_setting(key text, value jsonb)
returns jsonb
language sql
set search_path = ''
as $$
  select private.set_setting(set_setting.key, set_setting.value)
$$;
comment on function public.set_setting(text, jsonb) is
  'Changes a setting to a value of the same JSON type and returns it. Admins only (PT403 admin_required). '
  'Raises PT404 setting_not_found, PT400 value_invalid.';
grant execute on function public.set_setting(text, jsonb) to authenticated;

create function private.get_settings()
returns setof private.settings
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform private.require_admin();
  return query select * from private.settings order by settings.key;
end
$$;
comment on function private.get_settings() is 'See public.get_settings.';
grant execute on function private.get_settings() to authenticated, service_role;

create function public.get_settings()
returns table (key text, value jsonb, comment text)
language sql
stable
set search_path = ''
as $$
  select * from private.get_settings()
$$;
comment on function public.get_settings() is 'All settings with their values and meaning. Admins only (PT403 admin_required).';
grant execute on function public.get_settings() to authenticated;
