-- Restream: requests to push a video to an address elsewhere, and who approves them.

insert into private.settings (key, value, comment) values
  ('approval_required', 'true',
    'Whether an admin must approve a restream request; if not, a request is approved by itself.'),
  ('max_open_requests_per_user', '20', 'Restream requests that a user may have pending, approved or streaming.');

create table public.stream_requests (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.users (id) on delete cascade,
  stream_id uuid references public.streams (id) on delete set null,
  session_id uuid references public.stream_sessions (id) on delete set null,
  video_source text not null,
  video_url text generated always as (case when video_source ~ '^https?://' then video_source end) stored,
  rtmp_url text not null,
  title text not null,
  description text,
  repeat boolean not null default false,
  status text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'streaming', 'stopped')),
  admin_notes text,
  approved_by uuid references public.users (id) on delete set null,
  created_at timestamptz not null default now(),
  approved_at timestamptz,
  started_at timestamptz,
  stopped_at timestamptz
);
comment on table public.stream_requests is
  'A user''s wish to have a video pushed to an RTMP address elsewhere. Its owner and admins read it; only functions '
  'write it.';
comment on column public.stream_requests.stream_id is
  'The stream under which its sessions are kept; made at the first start.';
comment on column public.stream_requests.session_id is 'The newest session.';
comment on column public.stream_requests.video_source is
  'The video: videos/<user id>/<file> in storage, or an http(s) address with its query masked.';
comment on column public.stream_requests.video_url is
  'video_source where it is an address; null for a file in storage.';
comment on column public.stream_requests.rtmp_url is 'The target, its key masked.';
comment on column public.stream_requests.repeat is 'Begin again at the end of the video, until stopped.';
comment on column public.stream_requests.status is
  'pending, approved, rejected, streaming (a session is active), stopped (may be started again while approved_at is '
  'set; cancelled otherwise).';
comment on column public.stream_requests.approved_by is 'The admin; null where no approval was required.';

create index stream_requests_user_idx on public.stream_requests (user_id, created_at desc);
create index stream_requests_status_idx on public.stream_requests (status, created_at desc);
create index stream_requests_newest_idx on public.stream_requests (created_at desc, id);
create index stream_requests_stream_idx on public.stream_requests (stream_id);
create index stream_requests_session_idx on public.stream_requests (session_id);
create index stream_requests_approved_by_idx on public.stream_requests (approved_by);

create table private.stream_request_secrets (
  request_id uuid primary key references public.stream_requests (id) on delete cascade,
  video_source text not null,
  rtmp_url text not null,
  approved_version text
);
comment on table private.stream_request_secrets is
  'A request''s addresses as they were given, with their keys. Only claim_session hands them out, to a worker. The row '
  'goes when the request is cancelled or rejected and its session has ended.';
comment on column private.stream_request_secrets.approved_version is
  'For a file in storage: what find_video_version said of it when it was approved. No other is pushed.';

alter table public.stream_requests enable row level security;
grant select on public.stream_requests to authenticated;
grant select, insert, update, delete on public.stream_requests to streams_service;
create policy stream_requests_select on public.stream_requests for select to authenticated
  using (user_id between (select private.first_visible_user()) and (select private.last_visible_user()));
create policy stream_requests_service_all on public.stream_requests for all to streams_service
  using (true) with check (true);

create trigger stream_requests_enforce_transitions
  before update of status on public.stream_requests
  for each row when (old.status is distinct from new.status)
  execute function private.enforce_transitions(
    'pending>approved', 'pending>rejected', 'pending>stopped', 'approved>rejected', 'approved>streaming',
    'approved>stopped', 'streaming>stopped', 'streaming>rejected', 'stopped>streaming', 'stopped>rejected');

select private.record_events('public.stream_requests', 'StreamRequest', owner => 'user_id',
  personal => '{video_source, video_url, rtmp_url, title, description, admin_notes}',
  event => $$case
    when tg_op = 'INSERT' then 'StreamRequested'
    when tg_op = 'DELETE' then 'StreamRequestDeleted'
    when old.status = new.status then 'StreamRequestUpdated'
    when new.status = 'approved' then 'StreamRequestApproved'
    when new.status = 'rejected' then 'StreamRequestRejected'
    when new.status = 'streaming' then 'StreamRequestStarted'
    when new.status = 'stopped' then 'StreamRequestStopped'
  end$$,
  topic => $$case when tg_op = 'UPDATE' and old.status <> new.status then 'user:' || new.user_id end$$,
  payload => $$jsonb_build_object('request_id', new.id, 'status', new.status, 'admin_notes', new.admin_notes)$$);
alter publication supabase_realtime add table public.stream_requests;

-- Videos in storage ----------------------------------------------------------------------------

insert into storage.buckets (id, name, public) values ('videos', 'videos', false) on conflict (id) do nothing;
create policy videos_select on storage.objects for select to authenticated
  using (bucket_id = 'videos' and (storage.foldername(name))[1] = (select auth.uid())::text);
-- An access token outlives its account for a while: whoever has no account any more uploads nothing.
create policy videos_insert on storage.objects for insert to authenticated
  with check (bucket_id = 'videos'
    and (storage.foldername(name))[1] = (select id::text from public.users where id = (select auth.uid())));
create policy videos_update on storage.objects for update to authenticated
  using (bucket_id = 'videos' and (storage.foldername(name))[1] = (select auth.uid())::text)
  with check (bucket_id = 'videos'
    and (storage.foldername(name))[1] = (select id::text from public.users where id = (select auth.uid())));
create policy videos_delete on storage.objects for delete to authenticated
  using (bucket_id = 'videos' and (storage.foldername(name))[1] = (select auth.uid())::text);

create function private.erase_restream(user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform private.request_file_deletions('videos', user_id || '/');
end
$$;
comment on function private.erase_restream(uuid) is
  'Has a user''s videos deleted from storage. Their requests go with the account''s row.';
insert into private.erasures (sql_function) values ('private.erase_restream');

create function private.find_video_version(video_source text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select concat_ws(' ', id, version, metadata ->> 'eTag') from storage.objects
    where bucket_id = 'videos' and name = substr(video_source, length('videos/') + 1));
end
$$;
comment on function private.find_video_version(text) is
  'What tells a file in storage (videos/<user id>/<file>) from one that took its place; null where there is none.';

create function private.check_video_source(video_source text, owner_id uuid)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  if video_source ~* '^[a-z][a-z0-9+.-]*:' then
    return private.mask_source_url(
      private.check_address('video_source', video_source, array['https', 'http'], 'allowed_source_hosts'));
  end if;
  perform private.check_text('video_source', video_source, 1, 1024);
  if not starts_with(video_source, 'videos/' || owner_id || '/') or video_source ~ '(^|/)\.{0,2}(/|$)' then
    perform private.fail('video_source_invalid',
      'video_source is neither an address nor a file in your own storage folder.');
  end if;
  if not exists (
    select from storage.objects where bucket_id = 'videos' and name = substr(video_source, length('videos/') + 1)) then
    perform private.fail('video_not_found', format('There is no file %s.', video_source));
  end if;
  return video_source;
end
$$;
comment on function private.check_video_source(text, uuid) is
  'What of a video''s source may be shown. Raises video_not_found, video_source_forbidden, video_source_invalid.';

create function private.pin_video(target_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update private.stream_request_secrets as secrets
  set approved_version = private.find_video_version(secrets.video_source)
  from public.stream_requests as request
  where secrets.request_id = target_id and request.id = target_id and request.video_url is null;
end
$$;
comment on function private.pin_video(uuid) is
  'Notes which file a request that is approved now is for, where its video is in storage.';

create function private.is_video_changed(target_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select from public.stream_requests as request
    join private.stream_request_secrets as secrets on secrets.request_id = request.id
    where request.id = target_id and request.video_url is null
      and coalesce(secrets.approved_version, '') <> private.find_video_version(secrets.video_source));
end
$$;
comment on function private.is_video_changed(uuid) is
  'Has another file taken the place of a request''s in storage since it was approved? Not while there is none.';

create function private.describe_changed_video(video_source text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return format('%s is not the file that was approved.', video_source);
end
$$;
comment on function private.describe_changed_video(text) is 'What people are told of a file that was replaced.';

-- What users and admins do ---------------------------------------------------------------------

create function private.check_open_requests(owner_id uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  limit_count constant integer := private.setting_integer('max_open_requests_per_user');
  open_count constant integer := (
    select count(*) from public.stream_requests
    where user_id = owner_id and status in ('pending', 'approved', 'streaming'));
begin
  if open_count >= limit_count then
    perform private.fail('max_requests_reached',
      format('You have %s open requests; the limit is %s.', open_count, limit_count));
  end if;
end
$$;
comment on function private.check_open_requests(uuid) is
  'Raises max_requests_reached for a user who may have no more open requests. The caller has locked the user''s row.';

create function private.request_stream(
  video_source text,
  rtmp_url text,
  title text,
  description text default null,
  repeat boolean default false
)
returns public.stream_requests
language plpgsql
security definer
set search_path = ''
as $$
declare
  owner_id constant uuid := private.require_user();
  needs_approval constant boolean := private.setting('approval_required')::boolean;
  shown_source constant text := private.check_video_source(video_source, owner_id);
  target constant private.address := private.check_rtmp_url(rtmp_url);
  created public.stream_requests;
begin
  perform private.check_presentation(title, description);
  perform from public.users where id = owner_id for no key update;
  perform private.check_open_requests(owner_id);
  insert into public.stream_requests (
    user_id, video_source, rtmp_url, title, description, repeat, status, approved_at)
  values (
    owner_id, shown_source, private.mask_rtmp_url(target), request_stream.title, request_stream.description,
    coalesce(request_stream.repeat, false), case when needs_approval then 'pending' else 'approved' end,
    case when not needs_approval then now() end)
  returning * into created;
  insert into private.stream_request_secrets (request_id, video_source, rtmp_url)
  values (created.id, request_stream.video_source, request_stream.rtmp_url);
  if not needs_approval then
    perform private.pin_video(created.id);
  end if;
  return created;
end
$$;
comment on function private.request_stream(text, text, text, text, boolean) is
  'Asks for a video to be pushed to an RTMP address elsewhere; returns the request, its key masked. video_source: an '
  'http(s) address, or videos/<your id>/<file> in storage. rtmp_url: rtmp:// or rtmps:// with application and key. '
  'repeat: until stopped. For signed-in users. Raises description_invalid, max_requests_reached, rtmp_url_forbidden, '
  'rtmp_url_invalid, sign_in_required, title_invalid, video_not_found, video_source_forbidden, video_source_invalid.';
select private.publish_rpc('private.request_stream(text, text, text, text, boolean)', 'authenticated');

create function private.lock_managed_request(request_id uuid)
returns public.stream_requests
language plpgsql
set search_path = ''
as $$
declare
  managed public.stream_requests;
begin
  select * into managed from public.stream_requests
  where id = request_id and private.may_oversee(user_id);
  if found then
    perform from public.users where id = managed.user_id for no key update;
    select * into managed from public.stream_requests where id = request_id for no key update;
  end if;
  if managed.id is null then
    perform private.fail('request_not_found', format('There is no request %s that you may change.', request_id));
  end if;
  return managed;
end
$$;
comment on function private.lock_managed_request(uuid) is
  'The request, if the caller owns it, is an admin or trusted, with its owner''s row and its own locked, in this '
  'order. Raises request_not_found.';

create function private.approve_stream_request(id uuid, notes text default null)
returns public.stream_requests
language plpgsql
security definer
set search_path = ''
as $$
declare
  request public.stream_requests;
begin
  perform private.require_admin();
  perform private.check_text('notes', notes, 0, 2000, multiline => true);
  request := private.lock_managed_request(id);
  if request.approved_at is not null and request.status <> 'rejected' then
    return request;
  elsif request.status <> 'pending' then
    perform private.fail('request_not_pending', format('This request is %s.', request.status));
  end if;
  update public.stream_requests
  set status = 'approved', approved_at = now(), approved_by = auth.uid(), admin_notes = coalesce(notes, admin_notes)
  where stream_requests.id = request.id returning * into request;
  perform private.pin_video(request.id);
  return request;
end
$$;
comment on function private.approve_stream_request(uuid, text) is
  'Lets a pending request be started; returns it. An approved one stays as it is. A file in storage is approved as it '
  'is now: one that takes its place is not pushed. For admins. Raises admin_required, '
  'notes_invalid, request_not_found, request_not_pending, sign_in_required.';
select private.publish_rpc('private.approve_stream_request(uuid, text)', 'authenticated');
