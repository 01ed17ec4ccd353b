-- Identity: public profiles, and the rows that a sign-up makes.

create table public.profiles (
  id uuid primary key references public.users (id) on delete cascade,
  username text not null unique,
  display_name text,
  avatar_url text,
  bio text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.profiles is 'What everybody may see of a user. Readable by all; changed by its owner.';
comment on column public.profiles.username is
  '3 to 30 of a-z, 0-9 and _; stored in lower case, so unique without regard to case.';

create index profiles_username_prefix_idx on public.profiles (username text_pattern_ops);

alter table public.profiles enable row level security;
grant select on public.profiles to anon, authenticated;
grant update (username, display_name, avatar_url, bio) on public.profiles to authenticated;
create policy profiles_select on public.profiles for select to anon, authenticated using (true);
create policy profiles_update on public.profiles for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));

select private.record_events('public.profiles', 'Profile', owner => 'id',
  personal => '{username, display_name, avatar_url, bio}',
  event => $$case tg_op
    when 'INSERT' then 'ProfileCreated'
    when 'DELETE' then 'ProfileDeleted'
    else 'ProfileUpdated'
  end$$);

insert into private.settings (key, value, comment) values
  ('reserved_usernames',
    '["abuse", "admin", "administrator", "anonymous", "api", "billing", "contact", "everyone", "help", "helpdesk",
      "info", "mod", "moderator", "moderators", "nobody", "null", "official", "operator", "payments", "privacy", "root",
      "security", "service", "staff", "streambed", "superuser", "support", "sysadmin", "system", "team", "undefined",
      "verified", "webmaster"]',
    'Usernames that nobody may choose, without their underscores.');

create function private.is_username_reserved(username text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return private.setting('reserved_usernames') ? replace(lower(username), '_', '');
end
$$;
comment on function private.is_username_reserved(text) is
  'Whether the setting reserved_usernames has this username, whatever underscores are in it. Callable by who may '
  'change a profile, because the trigger runs as the client.';
grant execute on function private.is_username_reserved(text) to authenticated, service_role;

create function private.is_username_taken(username text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Of two transactions that choose one name, the later waits here for the first.
  perform pg_advisory_xact_lock(hashtextextended('username ' || is_username_taken.username, 0));
  return exists (select from public.profiles where profiles.username = is_username_taken.username);
end
$$;
comment on function private.is_username_taken(text) is
  'Whether somebody has this username. Until this transaction ends nobody else can take it. Callable by who may '
  'change a profile, because the trigger runs as the client.';
grant execute on function private.is_username_taken(text) to authenticated, service_role;

create function private.prepare_profile()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.username := lower(new.username);
  if new.username is null or new.username !~ '^[a-z0-9_]{3,30}$' then
    perform private.fail('username_invalid', 'username must be 3 to 30 characters of a-z, 0-9 and _.');
  elsif new.username is distinct from old.username and private.is_username_reserved(new.username) then
    perform private.fail('username_reserved', format('The username %s is reserved.', new.username));
  elsif new.username is distinct from old.username and private.is_username_taken(new.username) then
    perform private.fail('username_taken', format('The username %s is taken.', new.username));
  end if;
  perform private.check_text('display_name', new.display_name, 0, 80);
  perform private.check_text('bio', new.bio, 0, 1000, multiline => true);
  perform private.check_text('avatar_url', new.avatar_url, 0, 2000);
  if new.avatar_url !~ '^https?://' then
    perform private.fail('avatar_url_invalid', 'avatar_url must be an http or https address.');
  end if;
  new.updated_at := now();
  return new;
end
$$;
comment on function private.prepare_profile() is
  'Trigger: lower-cases the username and bounds each field (avatar_url_invalid, bio_invalid, display_name_invalid, '
  'username_invalid, username_reserved, username_taken).';
create trigger profiles_prepare
  before insert or update of username, display_name, avatar_url, bio on public.profiles
  for each row execute function private.prepare_profile();

-- Sign-up --------------------------------------------------------------------------------------

create function private.suggest_username(account auth.users)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  cleaned constant text := left(trim('_' from regexp_replace(
    lower(left(account.raw_user_meta_data ->> 'username', 100)), '[^a-z0-9_]+', '_', 'g')), 30);
begin
  return case
    when cleaned = '' or private.is_username_reserved(cleaned) then null
    when char_length(cleaned) < 3 then 'user_' || cleaned
    else cleaned
  end;
end
$$;
comment on function private.suggest_username(auth.users) is
  'A valid username of what the sign-up''s metadata chose, not yet unique; null where it chose none that can be had.';

create function private.make_username()
returns text
language plpgsql
volatile
set search_path = ''
as $$
begin
  return 'user_' || encode(extensions.gen_random_bytes(5), 'hex');
end
$$;
comment on function private.make_username() is
  'A neutral username for who has chosen none. Nothing of the e-mail address is in it: a username is public.';

create function private.create_profile(account auth.users)
returns void
language plpgsql
set search_path = ''
as $$
declare
  suggestion text := private.suggest_username(account);
  attempt text := coalesce(suggestion, private.make_username());
  shown_name text := left(regexp_replace(account.raw_user_meta_data ->> 'display_name',
    '[\u0001-\u001f\u007f-\u009f]', '', 'g'), 80);
begin
  for attempts in 1..6 loop
    exit when not private.is_username_taken(attempt);
    attempt := coalesce(left(suggestion, 24) || '_' || substr(encode(extensions.gen_random_bytes(3), 'hex'), 1, 5),
      private.make_username());
  end loop;
  insert into public.profiles (id, username, display_name) values (account.id, attempt, nullif(shown_name, ''))
  on conflict (id) do nothing;
end
$$;
comment on function private.create_profile(auth.users) is
  'Makes an account''s profile under the username that it chose, with a random suffix where that is taken, or under a '
  'neutral one.';

create function private.handle_new_user()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.users (id, email, last_login_at, verified_at)
  values (new.id, new.email, new.last_sign_in_at, new.email_confirmed_at)
  on conflict (id) do nothing;
  perform private.create_profile(new);
  return null;
exception when others then
  -- A sign-up is worth more than its profile: what is missing is made at the account's next change.
  raise warning 'handle_new_user: % (%)', sqlerrm, sqlstate;
  return null;
end
$$;
comment on function private.handle_new_user() is
  'Trigger on auth.users: makes public.users and public.profiles. Never fails a sign-up.';
create trigger streambed_handle_new_user
  after insert on auth.users
  for each row execute function private.handle_new_user();

create function private.handle_changed_user()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.users as existing (id, email, last_login_at, verified_at)
  values (new.id, new.email, new.last_sign_in_at, new.email_confirmed_at)
  on conflict (id) do update
    set email = excluded.email, last_login_at = excluded.last_login_at,
        verified_at = excluded.verified_at, updated_at = now()
    where (existing.email, existing.last_login_at, existing.verified_at)
      is distinct from (excluded.email, excluded.last_login_at, excluded.verified_at);
  if not exists (select from public.profiles where id = new.id) then
    perform private.create_profile(new);
  end if;
  return null;
exception when others then
  raise warning 'handle_changed_user: % (%)', sqlerrm, sqlstate;
  return null;
end
$$;
comment on function private.handle_changed_user() is
  'Trigger on auth.users: carries e-mail, confirmation and sign-in time over to public.users. Never fails a sign-in.';
create trigger streambed_handle_changed_user
  after update of email, email_confirmed_at, last_sign_in_at on auth.users
  for each row execute function private.handle_changed_user();

-- Accounts that are older than this schema.
insert into public.users (id, email, last_login_at, verified_at)
  select id, email, last_sign_in_at, email_confirmed_at from auth.users;
select private.create_profile(account) from auth.users as account;
