-- Events: how the rows of every domain become events.

create function private.event_actor()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object('actor_id', auth.uid(), 'actor_role', coalesce(auth.role(), session_user));
end
$$;
comment on function private.event_actor() is 'Who does what is being done: {"actor_id", "actor_role"}; the metadata of events that triggers append.';

create function private.append_change()
returns trigger
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  left_out text[] := coalesce(string_to_array(tg_argv[2], ','), '{}');
  final text[] := coalesce(string_to_array(tg_argv[3], ','), '{}');
  old_row jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - left_out end;
  new_row jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - left_out end;
  changed jsonb;
begin
  if tg_op = 'UPDATE' then
    select jsonb_build_object('old', jsonb_object_agg(key, old_row -> key), 'new', jsonb_object_agg(key, value)) into changed
    from jsonb_each(new_row) where value is distinct from old_row -> key;
    if changed -> 'new' = 'null' then
      return null;
    end if;
    changed := jsonb_set(changed, '{new}', (changed -> 'new') || (
      select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(to_jsonb(new)) where key = any (final)));
  else
    changed := jsonb_strip_nulls(jsonb_build_object('old', old_row)) || jsonb_build_object('new', new_row);
  end if;
  perform private.write_event(tg_argv[0], (coalesce(new_row, old_row) ->> 'id')::uuid, tg_argv[1], changed,
    user_id => coalesce(coalesce(new_row, old_row) ->> 'user_id', coalesce(new_row, old_row) ->> 'id')::uuid,
    metadata => private.event_actor());
  return null;
end
$$;
comment on function private.append_change() is
  'Trigger after insert, update or delete: appends the row''s change as an event. Arguments: aggregate type, event type, and, separated by commas, the columns that are '
  'left out (live counters, heartbeats) and those of them whose final values an update records. An update that changes only what is left out appends nothing. '
  'The row''s id is the aggregate; its user_id, or else its id, is the user whose history it belongs to.';

create function private.append_notice(type_name text, target_id uuid, event_type text, event_data jsonb, owner_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.write_event(type_name, target_id, event_type, event_data, user_id => owner_id, metadata => private.event_actor());
end
$$;
comment on function private.append_notice(text, uuid, text, jsonb, uuid) is
  'Appends what happened to an aggregate without changing its row: event_data has no `new`. For other functions only.';
