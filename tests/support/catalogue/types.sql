select format('type %s %s owner %s acl %s base %s default %s values %s comment %L', t.typtype, t.oid::regtype, t.typowner::regrole,
  array(select a::text from unnest(t.typacl) a order by a::text), nullif(t.typbasetype, 0)::regtype, t.typdefault,
  array(select e.enumlabel from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder), obj_description(t.oid, 'pg_type'))
from pg_type t
where t.typnamespace::regnamespace::text !~ '^(pg_|information_schema)' and t.typtype in ('e', 'd', 'r')
  and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
