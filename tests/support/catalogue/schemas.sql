select format('schema %I owner %s acl %s comment %L', nspname, nspowner::regrole,
  array(select a::text from unnest(nspacl) a order by a::text), obj_description(oid, 'pg_namespace'))
from pg_namespace
where nspname !~ '^pg_' and nspname <> 'information_schema'
