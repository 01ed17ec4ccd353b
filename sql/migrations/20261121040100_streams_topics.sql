-- Streams: who hears over Realtime what a stream tells, on its topic: streams.topic.

create function private.renew_topic()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.topic_epoch := old.topic_epoch + 1;
  return new;
end
$$;
comment on function private.renew_topic() is
  'Trigger: a stream that becomes private is told on another topic from then on. Who has joined a topic is not asked '
  'again whether they still may.';
create trigger streams_renew_topic
  before update of visibility on public.streams
  for each row when (old.visibility <> 'private' and new.visibility = 'private')
  execute function private.renew_topic();

create function private.may_join_stream_topic(topic text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if topic !~ '^stream:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(:[1-9][0-9]*)?$' then
    return false;
  end if;
  return exists (
    select from public.streams as stream
    where stream.id = split_part(may_join_stream_topic.topic, ':', 2)::uuid
      and stream.topic = may_join_stream_topic.topic and private.may_see_stream(stream));
end
$$;
comment on function private.may_join_stream_topic(text) is
  'Is this the topic of a stream that the caller may see? Callable by who may join topics, because the policy on '
  'realtime.messages runs as the client.';
grant execute on function private.may_join_stream_topic(text) to anon, authenticated;
create policy stream_topics_select on realtime.messages for select to anon, authenticated
  using (extension = 'broadcast' and (select private.may_join_stream_topic((select realtime.topic()))));

alter publication supabase_realtime add table public.streams;
