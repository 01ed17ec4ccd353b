select format('function %s owner %s acl %s comment %L', p.oid::regprocedure, p.proowner::regrole,
  array(select a::text from unnest(p.proacl) a order by a::text), obj_description(p.oid, 'pg_proc'))
  || E'\n' || case p.prokind when 'a' then 'aggregate' else pg_get_functiondef(p.oid) end
from pg_proc p
where p.pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
  and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
