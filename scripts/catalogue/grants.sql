-- An owner's own privileges go without saying, unless some of them are missing.
with targets (schema, kind, object, target, columns, type, owner, acl) as (
  select nspname, 'schema', nspname::text, 'schema ' || quote_ident(nspname), null, 'n'::"char", nspowner, nspacl
  from pg_namespace
  union all
  select n.nspname, 'relation', c.relname, concat(case c.relkind when 'S' then 'sequence ' end, c.oid::regclass), null,
    case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner, c.relacl
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select n.nspname, 'relation', c.relname, c.oid::regclass::text, format(' (%I)', a.attname), 'c', c.relowner, a.attacl
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  where a.attacl is not null
  union all
  select n.nspname, 'function', p.oid::regprocedure::text, 'function ' || p.oid::regprocedure, null,
    'f', p.proowner, p.proacl
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  where not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  union all
  select n.nspname, 'type', t.typname, 'type ' || t.oid::regtype, null, 'T', t.typowner, t.typacl
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
  where t.typacl is not null
),
grants as (
  select schema, kind, object, target, columns, type, owner, grantee, grantor, is_grantable,
    string_agg(lower(privilege_type), ', ' order by privilege_type) as given
  from targets
  cross join lateral aclexplode(coalesce(acl, acldefault(type, owner)))
  where schema !~ '^(pg_|information_schema)'
  group by schema, kind, object, target, columns, type, owner, grantee, grantor, is_grantable
),
everything (type, privileges) as (
  select type, string_agg(lower(privilege_type), ', ' order by privilege_type)
  from (values ('n'::"char"), ('r'), ('s'), ('f'), ('T')) known (type), aclexplode(acldefault(type, 10)) a
  where a.grantee = 10
  group by type
)
select schema, kind, object, concat(
    'grant ', case when given = privileges and type <> 'f' then 'all' else given end, columns, ' on ', target, ' to ',
    case grantee when 0 then 'public' else grantee::regrole::text end,
    case when is_grantable then ' with grant option' end,
    ' granted by ' || nullif(grantor::regrole::text, owner::regrole::text), ';'
  ) as statement
from grants
left join everything using (type)
where not (grantee = owner and given is not distinct from privileges)
order by schema, object, statement
