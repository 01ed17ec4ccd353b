-- Identity: the packages on sale.

create table public.packages (
  id text primary key check (id ~ '^[a-z][a-z0-9_]{1,29}$'),
  name text not null check (char_length(name) between 1 and 60),
  streams_allowed integer not null check (streams_allowed >= 0),
  price_cents bigint not null check (price_cents >= 0),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  billing_interval text not null check (billing_interval in ('month', 'year')),
  active boolean not null default true
);
comment on table public.packages is 'What a user can buy: how many streams may run at once, and the price. Readable by all; changed in Studio.';
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
