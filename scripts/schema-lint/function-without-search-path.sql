-- Add: set search_path = ''. Without it the caller decides which objects the body's names mean.
select p.oid::regprocedure::text as object
from pg_proc p
where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and p.prokind in ('f', 'p')
  and not exists (select from unnest(p.proconfig) setting where setting like 'search\_path=%')
  and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
