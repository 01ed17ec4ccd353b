/** For each rule of the schema lint: a defect, what is found of it, and its cure. */

export interface LintCase {
  readonly rule: string;
  readonly title: string;
  readonly plant: string;
  /** The objects that the rule names. */
  readonly found: readonly string[];
  readonly cure: string;
}

const TABLE = `
  create table public.planted (id int primary key, owner_id uuid);
  comment on table public.planted is 'Planted.';
  alter table public.planted enable row level security;
  create policy planted_select on public.planted for select to authenticated using (true);`;

const FUNCTION = (schema: string, options: string) => `
  create function ${schema}.planted() returns int language sql ${options} as 'select 1';
  comment on function ${schema}.planted() is 'Planted.';
  revoke execute on function ${schema}.planted() from public;`;

const POLICY = (expression: string) => `${TABLE}
  create policy planted_update on public.planted for update to authenticated using (${expression});`;

const CURED_POLICY = (expression: string) =>
  `alter policy planted_update on public.planted using (${expression});`;

export const LINT_CASES: readonly LintCase[] = [
  {
    rule: 'table-without-rls',
    title: 'a table',
    plant: `${TABLE} alter table public.planted disable row level security;`,
    found: ['public.planted'],
    cure: 'alter table public.planted enable row level security;',
  },
  {
    rule: 'table-without-rls',
    title: 'a partitioned parent and its partition, readable by all',
    plant: `
      create table public.planted (id int) partition by range (id);
      create table public.planted_1 partition of public.planted for values from (0) to (10);
      comment on table public.planted is 'Planted.';
      grant select on public.planted to anon;
      create policy planted_select on public.planted for select to anon using (true);`,
    found: ['public.planted', 'public.planted_1'],
    cure: `alter table public.planted enable row level security;
      alter table public.planted_1 enable row level security;`,
  },
  {
    rule: 'table-without-policy',
    title: 'a table',
    plant: `${TABLE} drop policy planted_select on public.planted;`,
    found: ['public.planted'],
    cure: 'create policy planted_select on public.planted for select to anon using (true);',
  },
  {
    rule: 'table-without-policy',
    title: 'a partition that clients may name',
    plant: `
      create table public.planted (id int) partition by range (id);
      create table public.planted_1 partition of public.planted for values from (0) to (10);
      comment on table public.planted is 'Planted.';
      alter table public.planted enable row level security;
      alter table public.planted_1 enable row level security;
      create policy planted_select on public.planted for select to anon using (true);
      grant select on public.planted_1 to anon;`,
    found: ['public.planted_1'],
    cure: 'revoke all on public.planted_1 from anon, authenticated;',
  },
  {
    rule: 'function-without-search-path',
    title: 'in public',
    plant: FUNCTION('public', ''),
    found: ['planted()'],
    cure: `alter function public.planted() set search_path = '';`,
  },
  {
    rule: 'function-without-search-path',
    title: 'in private, with another setting',
    plant: FUNCTION('private', `set statement_timeout = '1s'`),
    found: ['private.planted()'],
    cure: `alter function private.planted() set search_path = '';`,
  },
  {
    rule: 'definer-function-with-open-search-path',
    title: 'one that names a schema',
    plant: FUNCTION('private', 'security definer set search_path = public'),
    found: ['private.planted()'],
    cure: `alter function private.planted() set search_path = '';`,
  },
  {
    rule: 'definer-function-in-public',
    title: 'any',
    plant: FUNCTION('public', `security definer set search_path = ''`),
    found: ['planted()'],
    cure: 'alter function public.planted() security invoker;',
  },
  {
    rule: 'function-executable-by-public',
    title: 'granted to PUBLIC',
    plant: `${FUNCTION('public', `set search_path = ''`)}
      grant execute on function public.planted() to public;`,
    found: ['planted()'],
    cure: 'revoke execute on function public.planted() from public;',
  },
  {
    rule: 'published-function-without-argument-names',
    title: 'one argument of two, and one that only a service may give; not what nobody may call',
    plant: `
      create function public.planted(a int, int default 1, out b int)
        language sql set search_path = '' as 'select 1';
      create function public.planted_service(text) returns int language sql set search_path = '' as 'select 1';
      create function public.planted_helper(text) returns int language sql set search_path = '' as 'select 1';
      revoke execute on function public.planted_service(text), public.planted_helper(text) from service_role;
      grant execute on function public.planted_service(text) to streams_service;
      comment on function public.planted is 'Planted.';
      comment on function public.planted_service is 'Planted.';
      comment on function public.planted_helper is 'Planted.';`,
    found: ['planted(integer,integer)', 'planted_service(text)'],
    cure: `
      create or replace function public.planted(a int, c int default 1, out b int)
        language sql set search_path = '' as 'select 1';
      create or replace function public.planted_service(a text) returns int
        language sql set search_path = '' as 'select 1';`,
  },
  {
    rule: 'excess-table-grant',
    title: 'anonymous writes, truncation by users, anything to PUBLIC',
    plant: `${TABLE}
      grant insert on public.planted to anon;
      grant truncate on public.planted to authenticated;
      grant select on public.planted to public;`,
    found: [
      'public.planted: insert to anon',
      'public.planted: select to public',
      'public.planted: truncate to authenticated',
    ],
    cure: `revoke all on public.planted from public, anon, authenticated;
      grant select on public.planted to anon;
      grant select, insert, update, delete on public.planted to authenticated;`,
  },
  {
    rule: 'private-table-granted',
    title: 'a table and a single column',
    plant: `
      create table private.planted (id int, note text);
      comment on table private.planted is 'Planted.';
      grant select on private.planted to authenticated;
      grant update (note) on private.planted to anon;`,
    found: ['private.planted: select to authenticated', 'private.planted: update to anon'],
    cure: `revoke all on private.planted from authenticated;
      revoke all (note) on private.planted from anon;`,
  },
  {
    rule: 'foreign-key-without-index',
    title: 'no index at all',
    plant: `${TABLE} alter table public.planted add constraint planted_owner_fkey
      foreign key (owner_id) references public.users (id);`,
    found: ['planted_owner_fkey on planted (owner_id)'],
    cure: 'create index on public.planted (owner_id, id);',
  },
  {
    rule: 'foreign-key-without-index',
    title: 'an index that has the column second, or leaves rows out',
    plant: `${TABLE} alter table public.planted add constraint planted_owner_fkey
      foreign key (owner_id) references public.users (id);
      create index on public.planted (id, owner_id);
      create index on public.planted (owner_id) where id > 5;`,
    found: ['planted_owner_fkey on planted (owner_id)'],
    cure: 'create index on public.planted (owner_id) where owner_id is not null;',
  },
  {
    rule: 'policy-to-public',
    title: 'no roles named',
    plant: `${TABLE} create policy planted_delete on public.planted for delete using (false);`,
    found: ['planted_delete on planted'],
    cure: 'alter policy planted_delete on public.planted to authenticated;',
  },
  {
    rule: 'policy-to-public',
    title: 'on the storage objects',
    plant: 'create policy planted on storage.objects for select using (false);',
    found: ['planted on storage.objects'],
    cure: 'alter policy planted on storage.objects to authenticated;',
  },
  {
    rule: 'policy-calls-function-per-row',
    title: 'auth.uid()',
    plant: POLICY('owner_id = auth.uid()'),
    found: ['planted_update on planted'],
    cure: CURED_POLICY('owner_id = (select auth.uid())'),
  },
  {
    rule: 'policy-calls-function-per-row',
    title: 'private.is_admin() beside a wrapped call',
    plant: POLICY('owner_id = (select auth.uid()) or private.is_admin()'),
    found: ['planted_update on planted'],
    cure: CURED_POLICY('owner_id = (select auth.uid()) or (select private.is_admin())'),
  },
  {
    rule: 'policy-calls-function-per-row',
    title: 'auth.jwt() with an operator',
    plant: POLICY(`auth.jwt() ->> 'aal' = 'aal2'`),
    found: ['planted_update on planted'],
    cure: CURED_POLICY(`(select auth.jwt() ->> 'aal') = 'aal2'`),
  },
  {
    rule: 'policy-calls-function-per-row',
    title: 'current_setting',
    plant: POLICY(`current_setting('request.path', true) = '/x'`),
    found: ['planted_update on planted'],
    cure: CURED_POLICY(`(select current_setting('request.path', true)) = '/x'`),
  },
  {
    rule: 'policy-calls-function-per-row',
    title: 'inside a subquery that runs for each row',
    plant: POLICY(
      'exists (select from public.users u where u.id = planted.owner_id and u.id = auth.uid())',
    ),
    found: ['planted_update on planted'],
    cure: CURED_POLICY(
      'exists (select from public.users u where u.id = planted.owner_id and u.id = (select auth.uid()))',
    ),
  },
  {
    rule: 'missing-comment',
    title: 'a table, a view and functions',
    plant: `${TABLE} ${FUNCTION('private', `set search_path = ''`)}
      comment on table public.planted is null;
      comment on function private.planted() is null;
      create view public.planted_view with (security_invoker = true) as select 1 as one;`,
    found: ['function private.planted()', 'table public.planted', 'view public.planted_view'],
    cure: `comment on table public.planted is 'Planted.';
      comment on function private.planted() is 'Planted.';
      comment on view public.planted_view is 'Planted.';`,
  },
  {
    rule: 'timestamp-without-time-zone',
    title: 'a column',
    plant: `${TABLE} alter table public.planted add column at timestamp;`,
    found: ['public.planted.at'],
    cure: 'alter table public.planted alter column at type timestamptz;',
  },
  {
    rule: 'view-with-owner-rights',
    title: 'any',
    plant: `create view public.planted as select id from public.users;
      comment on view public.planted is 'Planted.';`,
    found: ['public.planted'],
    cure: 'alter view public.planted set (security_invoker = true);',
  },
  {
    rule: 'recording-without-column',
    title: 'a column that was added to a table whose events are recorded',
    plant: `${TABLE}
      alter table public.planted drop constraint planted_pkey, alter column id type uuid using null;
      alter table public.planted add primary key (id);
      select private.record_events('public.planted', 'Planted', owner => 'owner_id', event => $$'PlantedChanged'$$);
      alter table public.planted add column note text;`,
    found: ['public.planted.note'],
    cure: `select private.drop_recording('public.planted');
      select private.record_events('public.planted', 'Planted', owner => 'owner_id', event => $$'PlantedChanged'$$);`,
  },
];
