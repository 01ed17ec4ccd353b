-- Core: checks of input, and triggers that any table can use.

create function private.check_text(
  field text,
  value text,
  min_length integer,
  max_length integer,
  multiline boolean default false
)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if value is null then
    if min_length > 0 then
      perform private.fail(field || '_invalid', format('%s is required.', field));
    end if;
    return;
  end if;
  if char_length(value) not between min_length and max_length or (min_length > 0 and value !~ '\S') then
    perform private.fail(field || '_invalid', format('%s must be %s to %s characters, got %s.', field,
      min_length, max_length, case when value ~ '\S' then char_length(value) else 0 end));
  end if;
  if value ~ (case when multiline
      then '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]'
      else '[\u0001-\u001f\u007f-\u009f]' end) then
    perform private.fail(field || '_invalid', format('%s must not contain control characters%s.', field,
      case when multiline then ' other than line breaks and tabs' else '' end));
  end if;
end
$$;
comment on function private.check_text(text, text, integer, integer, boolean) is
  'Raises <field>_invalid unless the value has min_length to max_length characters and no control characters '
  '(multiline allows line breaks and tabs). A null passes where min_length is 0. Callable by every role, because '
  'triggers run as the client.';
grant execute on function private.check_text(text, text, integer, integer, boolean)
  to anon, authenticated, service_role;

create function private.check_one_of(field text, value text, allowed text[])
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if value is null or value <> all (allowed) then
    perform private.fail(field || '_invalid', format('%s must be one of %s, got %s.', field,
      array_to_string(allowed, ', '), coalesce(left(value, 60), 'nothing')));
  end if;
end
$$;
comment on function private.check_one_of(text, text, text[]) is
  'Raises <field>_invalid unless the value is in the list. Callable by every role, because triggers run as the client.';
grant execute on function private.check_one_of(text, text, text[]) to anon, authenticated, service_role;

create function private.check_range(field text, value bigint, lowest bigint, highest bigint)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if value is null or value not between lowest and highest then
    perform private.fail(field || '_invalid',
      format('%s must be %s to %s, got %s.', field, lowest, highest, coalesce(value::text, 'nothing')));
  end if;
end
$$;
comment on function private.check_range(text, bigint, bigint, bigint) is
  'Raises <field>_invalid unless the value is lowest to highest. For other functions only.';

create function private.check_json(field text, value jsonb, max_bytes integer default null)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if jsonb_path_exists(value, 'strict $.**{65}') then
    perform private.fail(field || '_invalid', format('%s must be nested at most 64 levels deep.', field));
  elsif octet_length(value::text) > max_bytes then
    perform private.fail(field || '_invalid',
      format('%s must be at most %s bytes, got %s.', field, max_bytes, octet_length(value::text)));
  end if;
end
$$;
comment on function private.check_json(text, jsonb, integer) is
  'Raises <field>_invalid for JSON deeper than 64 levels, or longer than max_bytes as text where that is given: what '
  'is too deep is stored, but breaks whoever reads it. Null passes. For other functions only.';

-- Triggers -------------------------------------------------------------------------------------

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
    perform private.fail('invalid_transition', format('%s cannot go from %s to %s; allowed: %s.',
      tg_table_name, old.status, new.status, array_to_string(tg_argv, ', ')));
  end if;
  return new;
end
$$;
comment on function private.enforce_transitions() is
  'Trigger on update of status: its arguments list the allowed moves as from>to. Raises invalid_transition.';
