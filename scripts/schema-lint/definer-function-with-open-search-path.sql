-- Set search_path = '' and qualify every name: nothing that another role can create may come first.
select p.oid::regprocedure::text as object
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where p.prosecdef
  and n.nspname not in ('pg_catalog', 'information_schema', 'auth', 'storage', 'realtime', 'extensions')
  and not exists (select from unnest(p.proconfig) setting where setting = 'search_path=""')
  and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
