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
  old_row jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  new_row jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  subject jsonb := coalesce(new_row, old_row);
  before jsonb;
  after jsonb;
  final_column text;
begin
  if tg_op <> 'UPDATE' then
    before := old_row - left_out;
    after := new_row - left_out;
  else
    select jsonb_object_agg(key, old_row -> key), jsonb_object_agg(key, value) into before, after
    from jsonb_each(new_row) where value <> old_row -> key and key <> all (left_out);
    if after is null then
      return null;
    end if;
    foreach final_column in array coalesce(string_to_array(tg_argv[3], ','), '{}') loop
      after := after || jsonb_build_object(final_column, new_row -> final_column);
    end loop;
  end if;
  perform private.append_event(tg_argv[0], (subject ->> 'id')::uuid, tg_argv[1],
    case when before is null then jsonb_build_object('new', after) else jsonb_build_object('old', before, 'new', after) end,
    user_id => coalesce(subject ->> 'user_id', subject ->> 'id')::uuid, metadata => private.event_actor(), is_trusted => true);
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
  perform private.append_event(type_name, target_id, event_type, event_data, user_id => owner_id, metadata => private.event_actor(), is_trusted => true);
end
$$;
comment on function private.append_notice(text, uuid, text, jsonb, uuid) is
  'Appends what happened to an aggregate without changing its row: event_data has no `new`. For other functions only.';
