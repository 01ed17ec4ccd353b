-- Core: settings that operators tune, and the keys that the database signs with.

create table private.settings (
  key text primary key,
  value jsonb not null,
  comment text not null
);
comment on table private.settings is
  'What an operator may tune, one row a setting. The JSON type of a value never changes; admins change a value '
  'through public.set_setting.';

create function private.setting(key text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  found_value jsonb := (select value from private.settings where settings.key = setting.key);
begin
  if found_value is null then
    perform private.fail('setting_missing', format('The setting "%s" does not exist.', setting.key));
  end if;
  return found_value;
end
$$;
comment on function private.setting(text) is
  'The value of a setting. Raises setting_missing for a key that no migration created. For other functions only.';

create function private.setting_integer(key text)
returns integer
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.setting(key)::integer;
end
$$;
comment on function private.setting_integer(text) is 'The value of a whole-number setting. Errors as private.setting.';

create function private.setting_seconds(key text)
returns interval
language plpgsql
stable
set search_path = ''
as $$
begin
  return make_interval(secs => private.setting(key)::double precision);
end
$$;
comment on function private.setting_seconds(text) is
  'The value of a setting that counts seconds, as an interval. Errors as private.setting.';

create function private.setting_text(key text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.setting(key) #>> '{}';
end
$$;
comment on function private.setting_text(text) is 'The value of a text setting. Errors as private.setting.';

create table private.secrets (
  name text primary key,
  secret bytea not null,
  created_at timestamptz not null default now()
);
comment on table private.secrets is
  'Keys that the database signs with. Made by the migration that needs them; nothing outside this schema reads them.';
