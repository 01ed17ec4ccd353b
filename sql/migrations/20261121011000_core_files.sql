-- Core: files that are to go. Only the Storage API deletes a file and its row together, so what goes is written down
-- here, and the edge function delete-files has it deleted.

create table private.file_deletions (
  bucket_id text not null,
  name text not null,
  requested_at timestamptz not null default now(),
  tried_at timestamptz,
  primary key (bucket_id, name)
);
comment on table private.file_deletions is
  'Files in storage that are to be deleted. A row goes when its file is gone.';
comment on column private.file_deletions.tried_at is 'When it was last handed out; null: not yet.';
create index file_deletions_queue_idx on private.file_deletions (tried_at nulls first, requested_at);

create function private.request_file_deletions(bucket_id text, prefix text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into private.file_deletions (bucket_id, name)
  select objects.bucket_id, objects.name from storage.objects
  where objects.bucket_id = request_file_deletions.bucket_id and starts_with(objects.name, prefix)
  on conflict do nothing;
end
$$;
comment on function private.request_file_deletions(text, text) is
  'Has every file of a bucket deleted whose name begins with the prefix: a folder with its slash, or one name that '
  'nobody uses again. For other functions only.';

create type public.file_deletion as (bucket_id text, name text);
comment on type public.file_deletion is 'A file that is to be deleted.';
comment on column public.file_deletion.bucket_id is 'Its bucket.';
comment on column public.file_deletion.name is 'Its path in the bucket.';

create function private.take_file_deletions(max_count integer default 100)
returns setof public.file_deletion
language plpgsql
security definer
set search_path = ''
as $$
begin
  return query
    update private.file_deletions set tried_at = now()
    where (file_deletions.bucket_id, file_deletions.name) in (
      select queued.bucket_id, queued.name from private.file_deletions as queued
      order by tried_at nulls first, requested_at
      limit greatest(least(max_count, 1000), 0)
      for no key update skip locked)
    returning file_deletions.bucket_id, file_deletions.name;
end
$$;
comment on function private.take_file_deletions(integer) is
  'Files to delete now, at most 1000, those first that were tried the longest time ago: what cannot be deleted holds '
  'up nothing else. Callable by service_role.';
select private.publish_rpc('private.take_file_deletions(integer)', 'service_role');

create function private.acknowledge_file_deletions(bucket_id text, names text[])
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  gone_count integer;
begin
  delete from private.file_deletions as deletion
  where deletion.bucket_id = acknowledge_file_deletions.bucket_id and deletion.name = any (names)
    and not exists (
      select from storage.objects as object
      where object.bucket_id = deletion.bucket_id and object.name = deletion.name);
  get diagnostics gone_count = row_count;
  return gone_count;
end
$$;
comment on function private.acknowledge_file_deletions(text, text[]) is
  'Forgets those of a bucket''s files that are gone from storage, whoever deleted them, and returns how many. '
  'Callable by service_role.';
select private.publish_rpc('private.acknowledge_file_deletions(text, text[])', 'service_role');

insert into private.scheduled_jobs (name, schedule, edge_function) values
  ('delete-files', '0 * * * * *', 'delete-files');
