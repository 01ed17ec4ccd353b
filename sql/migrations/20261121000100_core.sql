-- Core: the schema `private`, the end of Supabase's default grants, errors, settings, secrets, state transitions,
-- validation of text.

create schema private;
comment on schema private is
  'What no browser may read: secrets, settings, helpers. Never exposed through the API.';
grant usage on schema private to anon, authenticated, service_role;

create extension if not exists pgcrypto with schema extensions;

-- Supabase grants ALL on each new object of `public` to anon and authenticated. From here on, a grant
-- that is not written does not exist. service_role keeps its defaults: it is the server's own key.
alter default privileges for role postgres in schema public revoke all on tables from anon, authenticated;
alter default privileges for role postgres in schema public revoke all on sequences from anon, authenticated;
alter default privileges for role postgres in schema public revoke all on functions from anon, authenticated;
alter default privileges for role postgres revoke execute on functions from public;

-- Errors ---------------------------------------------------------------------------------------

create function private.fail(status integer, code text, message text, hint text default '')
returns void
language plpgsql
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT' || fail.status,
    message = fail.message,
    detail = fail.code,
    hint = fail.hint;
end
$$;
comment on function private.fail(integer, text, text, text) is
  'Refuses the current statement the way every rule of Streambed does: SQLSTATE PT<status>, which the API '
  'turns into that HTTP status and {code, message, details, hint}. `code` is the stable word that programs '
  'match (`details` in the answer), `message` says what happened and names the values, `hint` says what to do. '
  'Callable by every role, because triggers run as the client.';
grant execute on function private.fail(integer, text, text, text) to anon, authenticated, service_role;

-- What runs on every publish is plpgsql even where one expression would do: Postgres plans an SQL function that sets
-- search_path anew at each call (20 to 60 microseconds), a plpgsql one once a connection.

-- Settings and secrets -------------------------------------------------------------------------

create table private.settings (
  key text primary key,
  value jsonb not null,
  comment text not null
);
comment on table private.settings is
  'What an operator may tune, one row a setting. The JSON type of a value never changes; admins change a value '
  'through public.set_setting.';

create function private.setting(wanted_key text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  found_value jsonb := (select value from private.settings where key = wanted_key);
begin
  if found_value is null then
    perform private.fail(500, 'setting_missing', format('The setting "%s" does not exist.', wanted_key),
      'Run the migrations; every setting is created by the one that needs it.');
  end if;
  return found_value;
end
$$;
comment on function private.setting(text) is
  'The value of a setting. Raises PT500 setting_missing for a key that no migration created. For other functions only.';

create function private.setting_integer(wanted_key text)
returns integer
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.setting(wanted_key)::integer;
end
$$;
comment on function private.setting_integer(text) is 'The value of a whole-number setting. Errors as private.setting.';

create function private.setting_seconds(wanted_key text)
returns interval
language plpgsql
stable
set search_path = ''
as $$
begin
  return make_interval(secs => private.setting(wanted_key)::double precision);
end
$$;
comment on function private.setting_seconds(text) is
  'The value of a setting that counts seconds, as an interval. Errors as private.setting.';

create function private.setting_text(wanted_key text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.setting(wanted_key) #>> '{}';
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

-- Validation -----------------------------------------------------------------------------------

create function private.check_text(
  field text,
  value text,
  min_length integer,
  max_length integer,
  multiline boolean default false
)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if value is null then
    if min_length > 0 then
      perform private.fail(400, field || '_invalid', format('%s is required.', field),
        format('Give %s of %s to %s characters.', field, min_length, max_length));
    end if;
    return;
  end if;
  if char_length(value) not between min_length and max_length or (min_length > 0 and value !~ '\S') then
    perform private.fail(400, field || '_invalid',
      format('%s must be %s to %s characters, got %s.', field, min_length, max_length, case when value ~ '\S' then char_length(value) else 0 end),
      format('Give %s of %s to %s characters.', field, min_length, max_length));
  end if;
  if value ~ (case when multiline
      then '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]'
      else '[\u0001-\u001f\u007f-\u009f]' end) then
    perform private.fail(400, field || '_invalid', format('%s must not contain control characters.', field),
      case when multiline then 'Only line breaks and tabs are allowed.' else 'Remove line breaks and other control characters.' end);
  end if;
end
$$;
comment on function private.check_text(text, text, integer, integer, boolean) is
  'Raises PT400 <field>_invalid unless the value has min_length to max_length characters and no control characters '
  '(multiline allows line breaks and tabs). A null passes where min_length is 0. Callable by every role, because triggers run as the client.';
grant execute on function private.check_text(text, text, integer, integer, boolean) to anon, authenticated, service_role;

create function private.check_one_of(field text, value text, allowed text[])
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if value is null or value <> all (allowed) then
    perform private.fail(400, field || '_invalid',
      format('%s must be one of %s, got %s.', field, array_to_string(allowed, ', '), coalesce(left(value, 60), 'nothing')),
      format('Give one of %s.', array_to_string(allowed, ', ')));
  end if;
end
$$;
comment on function private.check_one_of(text, text, text[]) is
  'Raises PT400 <field>_invalid unless the value is in the list. Callable by every role, because triggers run as the client.';
grant execute on function private.check_one_of(text, text, text[]) to anon, authenticated, service_role;

-- Triggers that any table can use --------------------------------------------------------------

create function private.touch_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.touch_updated_at() is 'Trigger: keeps updated_at.';

create function private.enforce_transitions()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if old.status || '>' || new.status <> all (tg_argv) then
    perform private.fail(409, 'invalid_transition',
      format('%s cannot go from %s to %s.', tg_table_name, old.status, new.status),
      format('Allowed: %s.', array_to_string(tg_argv, ', ')));
  end if;
  return new;
end
$$;
comment on function private.enforce_transitions() is
  'Trigger on update of status: its arguments list the allowed moves as from>to. Raises PT409 invalid_transition.';
