-- Events: how the rows of every domain become events, and what of them is told over Realtime.

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
comment on function private.event_actor() is
  'Who does what is being done: {"actor_id", "actor_role"}; the metadata of events that the database appends.';

create function private.announce(
  written public.appended_event, event_type text, topic text, broadcast text, payload jsonb
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.send_broadcast(topic, broadcast, jsonb_build_object(
    'type', event_type, 'version', written.version, 'position', written.position, 'at', written.created_at) || payload);
end
$$;
comment on function private.announce(public.appended_event, text, text, text, jsonb) is
  'Tells a topic of an event: the payload, and {type, version, position, at}. Who missed a version sees the gap.';

create function private.append_notice(
  aggregate_type text,
  aggregate_id uuid,
  event_type text,
  event_data jsonb,
  owner_id uuid,
  personal text[] default '{}',
  topic text default null,
  broadcast text default null,
  payload jsonb default '{}'
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  sealed private.sealed_data := (event_data, null);
  written public.appended_event;
begin
  if personal <> '{}' then
    sealed := private.seal(event_data, personal, owner_id);
  end if;
  written := private.write_event(aggregate_type, aggregate_id, event_type, sealed.event_data, owner_id,
    private.event_actor(), personal => sealed.personal);
  if topic is not null then
    perform private.announce(written, event_type, topic, coalesce(broadcast, event_type), payload);
  end if;
end
$$;
comment on function private.append_notice(text, uuid, text, jsonb, uuid, text[], text, text, jsonb) is
  'Appends what happened to an aggregate without changing its row: event_data has no `new`. owner_id: the user whose '
  'history it belongs to. personal: the members of event_data that are personal. topic: where it is broadcast, as the '
  'event `broadcast` (the event''s type unless given), with this payload. For other functions only.';

-- Recording a table ----------------------------------------------------------------------------

create type private.recording as (
  table_name text,
  aggregate_type text,
  owner text,
  event text,
  unrecorded text[],
  finals jsonb,
  personal text[],
  topic text,
  broadcast text,
  payload text
);
comment on type private.recording is 'What record_events was asked for.';

create function private.recorded_columns(wanted private.recording)
returns text[]
language plpgsql
stable
set search_path = ''
as $$
begin
  return array(
    select attname::text from pg_catalog.pg_attribute
    where attrelid = wanted.table_name::regclass and attnum > 0 and not attisdropped
      and attname::text <> all (wanted.unrecorded)
    order by attnum);
end
$$;
comment on function private.recorded_columns(private.recording) is 'The columns whose changes are recorded.';

create function private.check_recording(wanted private.recording)
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  final_columns text[] := array(select jsonb_array_elements_text(value) from jsonb_each(wanted.finals));
  unknown_column text := (
    select named
    from unnest(array['id', wanted.owner] || wanted.unrecorded || wanted.personal || final_columns) as named
    where not exists (
      select from pg_catalog.pg_attribute
      where attrelid = wanted.table_name::regclass and attname = named and attnum > 0 and not attisdropped)
    limit 1);
begin
  if unknown_column is not null then
    perform private.fail('recording_invalid', format('%s has no column %s.', wanted.table_name, unknown_column));
  elsif (wanted.topic is null) <> (wanted.payload is null) then
    perform private.fail('recording_invalid', format('%s has a topic or a payload alone.', wanted.table_name));
  end if;
end
$$;
comment on function private.check_recording(private.recording) is
  'Raises recording_invalid for a table without the columns that are named, id and the owner''s among them.';

create function private.write_comparisons(wanted private.recording)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select string_agg(format($code$
    if new.%1$I is distinct from old.%1$I then
      before := before || jsonb_build_object(%1$L, old.%1$I);
      after := after || jsonb_build_object(%1$L, new.%1$I);
    end if;$code$, name), '')
    from unnest(private.recorded_columns(wanted)) as name where name <> 'id');
end
$$;
comment on function private.write_comparisons(private.recording) is
  'The part of a recorder that finds what an update changed. Written out column by column: comparing two rows as jsonb '
  'takes several times as long.';

create function private.write_finals(wanted private.recording)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select string_agg(format($code$
    if event_type = %L then
      after := after || jsonb_build_object(%s);
    end if;$code$, key, (
      select string_agg(format('%1$L, new.%1$I', name), ', ') from jsonb_array_elements_text(value) as name)), '')
    from jsonb_each(wanted.finals));
end
$$;
comment on function private.write_finals(private.recording) is
  'The part of a recorder that adds final values to the events that have them.';

create function private.write_sealing(wanted private.recording)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return case when wanted.personal = '{}' then '' else format($code$
  if tg_op <> 'UPDATE' or after ?| %1$L then
    sealed := private.seal(data, %1$L, subject.%2$I);
    data := sealed.event_data;
    personal := sealed.personal;
  end if;$code$, wanted.personal, wanted.owner) end;
end
$$;
comment on function private.write_sealing(private.recording) is 'The part of a recorder that encrypts personal values.';

create function private.write_appending(wanted private.recording)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return format(E'\n  %s private.write_event(%L, subject.id, event_type, data, subject.%I, private.event_actor()%s);',
    case when wanted.topic is null then 'perform' else 'written :=' end, wanted.aggregate_type, wanted.owner,
    case when wanted.personal = '{}' then '' else E',\n    personal => personal' end)
    || case when wanted.topic is null then '' else format($code$
  topic := %s;
  if topic is not null then
    perform private.announce(written, event_type, topic, %s,
      %s);
  end if;$code$, wanted.topic, coalesce(wanted.broadcast, 'event_type'), wanted.payload) end;
end
$$;
comment on function private.write_appending(private.recording) is
  'The part of a recorder that appends the event, and tells a topic of it.';

create function private.write_recorder(wanted private.recording, recorder text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return format($code$
create function %1$s()
returns trigger
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
as $recorder$
declare
  subject %2$s := coalesce(new, old);
  event_type text := %3$s;
  before jsonb := jsonb '{}';
  after jsonb := jsonb '{}';
  data jsonb;%7$s
begin
  if tg_op = 'UPDATE' then%4$s%5$s
    if after = '{}' then
      return null;
    end if;
    data := jsonb_build_object('old', before, 'new', after);
  elsif tg_op = 'INSERT' then
    data := jsonb_build_object('new', to_jsonb(new) - %6$L::text[]);
  else
    data := jsonb_build_object('old', to_jsonb(old) - %6$L::text[], 'new', null);
  end if;
%8$s
  return null;
end
$recorder$
$code$, recorder, wanted.table_name, wanted.event, private.write_comparisons(wanted), private.write_finals(wanted),
    wanted.unrecorded,
    case when wanted.personal = '{}' then '' else E'\n  personal bytea;\n  sealed private.sealed_data;' end
      || case when wanted.topic is null then '' else E'\n  topic text;\n  written public.appended_event;' end,
    private.write_sealing(wanted) || private.write_appending(wanted));
end
$$;
comment on function private.write_recorder(private.recording, text) is
  'The statement that makes the trigger function of a recording.';

create function private.record_events(
  table_name text,
  aggregate_type text,
  owner text,
  event text,
  unrecorded text[] default '{}',
  finals jsonb default '{}',
  personal text[] default '{}',
  topic text default null,
  broadcast text default null,
  payload text default null
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  wanted constant private.recording :=
    (table_name, aggregate_type, owner, event, unrecorded, finals, personal, topic, broadcast, payload);
  bare_name constant text := split_part(table_name, '.', 2);
  recorder constant text := format('private.%s_append_event', bare_name);
  watched text;
begin
  perform private.check_recording(wanted);
  execute private.write_recorder(wanted, recorder);
  execute format('comment on function %s() is %L', recorder,
    format('Trigger: appends the events of %s, %s by %s. Made by record_events.', table_name, aggregate_type, owner));
  select string_agg(quote_ident(attname), ', ' order by attnum) into watched from pg_catalog.pg_attribute
  where attrelid = table_name::regclass and attnum > 0 and not attisdropped and attgenerated = ''
    and (attname::text <> all (unrecorded) or finals @? format('$.*[*] ? (@ == "%s")', attname)::jsonpath);
  execute format('create trigger %I after insert or delete or update of %s on %s for each row execute function %s()',
    bare_name || '_append_event', watched, table_name, recorder);
end
$$;
comment on function private.record_events(text, text, text, text, text[], jsonb, text[], text, text, text) is
  'Has every change of a table''s rows appended as an event, and told over Realtime. For migrations. table_name: such '
  'as public.streams; the row''s id is the aggregate. aggregate_type: such as Stream. owner: the column of the user '
  'whose history it belongs to. event: an SQL expression of the event''s type, mostly a case; there are tg_op, old '
  'and new. unrecorded: columns whose changes are no event (live counters, heartbeats); a change of them alone '
  'appends nothing. finals: {"<event type>": [columns]}, those of them whose values such an event has. personal: '
  'columns that are encrypted with the owner''s key, so that they can be erased. topic: an SQL expression of the '
  'topic that is told, null for none; there are also event_type, and subject for the newest row. broadcast: the same '
  'of the broadcast''s event name; the event''s type unless given. payload: the same of its payload. Raises '
  'recording_invalid for a table without these columns.';

create function private.drop_recording(table_name text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  execute format('drop function private.%s_append_event() cascade', split_part(table_name, '.', 2));
end
$$;
comment on function private.drop_recording(text) is 'Ends the recording of a table''s events. For rollbacks.';
