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
comment on column public.profiles.username is '3 to 30 of a-z, 0-9 and _; stored in lower case, so unique without regard to case.';

create index profiles_username_prefix_idx on public.profiles (username text_pattern_ops);

alter table public.profiles enable row level security;
grant select on public.profiles to anon, authenticated;
grant update (username, display_name, avatar_url, bio) on public.profiles to authenticated;
create policy profiles_select on public.profiles for select to anon, authenticated using (true);
create policy profiles_update on public.profiles for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));

create trigger profiles_append_created
  after insert on public.profiles
  for each row execute function private.append_change('Profile', 'ProfileCreated');
create trigger profiles_append_updated
  after update on public.profiles
  for each row execute function private.append_change('Profile', 'ProfileUpdated');
create trigger profiles_append_deleted
  after delete on public.profiles
  for each row execute function private.append_change('Profile', 'ProfileDeleted');

create function private.prepare_profile()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.username := lower(new.username);
  if new.username is null or new.username !~ '^[a-z0-9_]{3,30}$' then
    perform private.fail(400, 'username_invalid', 'username must be 3 to 30 characters of a-z, 0-9 and _.',
      'Choose another username.');
  end if;
  perform private.check_text('display_name', new.display_name, 0, 80);
  perform private.check_text('bio', new.bio, 0, 1000, multiline => true);
  perform private.check_text('avatar_url', new.avatar_url, 0, 2000);
  if new.avatar_url !~ '^https?://' then
    perform private.fail(400, 'avatar_url_invalid', 'avatar_url must be an http or https address.', 'Give a whole address, or null.');
  end if;
  new.updated_at := now();
  return new;
end
$$;
comment on function private.prepare_profile() is
  'Trigger: lower-cases the username and bounds each field (PT400 username_invalid, display_name_invalid, bio_invalid, avatar_url_invalid).';
create trigger profiles_prepare
  before insert or update of username, display_name, avatar_url, bio on public.profiles
  for each row execute function private.prepare_profile();

-- Sign-up --------------------------------------------------------------------------------------

create function private.suggest_username(account auth.users)
returns text
language sql
immutable
set search_path = ''
as $$
  select case when char_length(cleaned) >= 3 then cleaned else trim('_' from 'user_' || cleaned) end
  from (
    select left(trim('_' from regexp_replace(lower(left(
      coalesce(account.raw_user_meta_data ->> 'username', split_part(account.email, '@', 1), ''),
      100)), '[^a-z0-9_]+', '_', 'g')), 30) as cleaned
  ) as suggestion
$$;
comment on function private.suggest_username(auth.users) is
  'A valid username from the sign-up''s metadata or e-mail; not yet unique.';

create function private.create_profile(account auth.users)
returns void
language plpgsql
set search_path = ''
as $$
declare
  suggestion text := private.suggest_username(account);
  attempt text := suggestion;
begin
  for attempts in 1..6 loop
    insert into public.profiles (id, username, display_name)
    values (account.id, attempt,
      nullif(left(regexp_replace(account.raw_user_meta_data ->> 'display_name', '[\u0001-\u001f\u007f-\u009f]', '', 'g'), 80), ''))
    on conflict do nothing;
    exit when found or attempts = 6;
    attempt := left(suggestion, 24) || '_' || substr(encode(extensions.gen_random_bytes(3), 'hex'), 1, 5);
  end loop;
end
$$;
comment on function private.create_profile(auth.users) is
  'Makes an account''s profile under its suggested username, with a random suffix where that is taken.';

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
comment on function private.handle_new_user() is 'Trigger on auth.users: makes public.users and public.profiles. Never fails a sign-up.';
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
