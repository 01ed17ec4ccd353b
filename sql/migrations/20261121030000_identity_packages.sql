-- Identity: the domain's errors, and the packages on sale.

insert into private.errors (domain, code, status, hint) values
  ('identity', 'avatar_url_invalid', 400, 'Give a whole http or https address of at most 2000 characters, or null.'),
  ('identity', 'bio_invalid', 400, 'Give at most 1000 characters; line breaks are allowed.'),
  ('identity', 'device_name_invalid', 400, 'Give a name of 1 to 100 characters.'),
  ('identity', 'device_not_found', 404, 'Your devices are in user_sessions.'),
  ('identity', 'device_type_invalid', 400, 'Give web, phone, tablet, desktop, tv, console or other.'),
  ('identity', 'display_name_invalid', 400, 'Give at most 80 characters on one line.'),
  ('identity', 'expires_at_invalid', 400, 'Give a moment to come, or null for no end.'),
  ('identity', 'first_name_invalid', 400, 'Give at most 80 characters on one line.'),
  ('identity', 'last_admin', 409, 'Make somebody else an admin first.'),
  ('identity', 'last_name_invalid', 400, 'Give at most 80 characters on one line.'),
  ('identity', 'package_type_invalid', 400, 'Choose one of public.packages that is on sale, or null for none.'),
  ('identity', 'role_invalid', 400, 'Give user, moderator or admin.'),
  ('identity', 'session_required', 401, 'Sign in again: the access token names no session.'),
  ('identity', 'session_revoked', 403, 'Sign in again.'),
  ('identity', 'user_not_found', 404, 'Check the id or the e-mail address; an account begins with a sign-up.'),
  ('identity', 'username_invalid', 400, 'Choose 3 to 30 characters of a-z, 0-9 and _.'),
  ('identity', 'username_reserved', 409,
    'Choose another username; the setting reserved_usernames lists what nobody may have.'),
  ('identity', 'username_taken', 409, 'Choose another username.');

create table public.packages (
  id text primary key check (id ~ '^[a-z][a-z0-9_]{1,29}$'),
  name text not null check (char_length(name) between 1 and 60),
  streams_allowed integer not null check (streams_allowed >= 0),
  price_cents bigint not null check (price_cents >= 0),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  billing_interval text not null check (billing_interval in ('month', 'year')),
  active boolean not null default true
);
comment on table public.packages is
  'What a user can buy: how many streams may run at once, and the price. Readable by all; changed in Studio.';
comment on column public.packages.streams_allowed is 'Sessions (ingest and restream together) that may run at once.';
comment on column public.packages.price_cents is 'Price of one billing interval in minor units of the currency.';
comment on column public.packages.currency is 'ISO 4217 code.';
comment on column public.packages.active is 'False: no longer sold; who has it keeps it.';

alter table public.packages enable row level security;
grant select on public.packages to anon, authenticated;
create policy packages_select on public.packages for select to anon, authenticated using (true);

insert into public.packages (id, name, streams_allowed, price_cents, currency, billing_interval) values
  ('starter', 'Starter', 1, 900, 'USD', 'month'),
  ('creator', 'Creator', 3, 2900, 'USD', 'month'),
  ('pro', 'Pro', 10, 9900, 'USD', 'month');

insert into private.settings (key, value, comment) values
  ('default_streams_allowed', '1', 'Streams that a user without a package, or with an expired one, may run at once.');
