-- Events: what is told over Realtime. Each domain has its own prefix of topics, and its own policy on realtime.messages
-- for who may join them; nobody but the database writes on them, as there is no policy for insert.

create function private.send_broadcast(topic text, event text, payload jsonb)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if to_regprocedure('realtime.send(jsonb,text,text,boolean)') is not null then
    perform realtime.send(payload, event, topic, true);
  end if;
end
$$;
comment on function private.send_broadcast(text, text, jsonb) is
  'Sends a broadcast on a private topic when this transaction commits; nothing where Realtime is not installed. For '
  'other functions only.';
