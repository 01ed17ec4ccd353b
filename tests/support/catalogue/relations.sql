select format('%s %I.%I owner %s acl %s rls %s force %s options %s partition %s of %s key %s comment %L',
  c.relkind, n.nspname, c.relname, c.relowner::regrole,
  array(select a::text from unnest(c.relacl) a order by a::text),
  c.relrowsecurity, c.relforcerowsecurity, c.reloptions, pg_get_expr(c.relpartbound, c.oid),
  (select i.inhparent::regclass from pg_inherits i where i.inhrelid = c.oid),
  case c.relkind when 'p' then pg_get_partkeydef(c.oid) end, obj_description(c.oid, 'pg_class'))
  || case when c.relkind in ('v', 'm') then E'\n' || pg_get_viewdef(c.oid, true) else '' end
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
