-- Add comment on …: what it is, units, who may call it, which errors it raises. Studio shows it to people.
select case c.relkind when 'v' then 'view ' when 'm' then 'materialized view ' else 'table ' end
  || format('%I.%I', n.nspname, c.relname) as object
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and not c.relispartition and obj_description(c.oid, 'pg_class') is null
union all
select 'function ' || p.oid::regprocedure
from pg_proc p
where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and obj_description(p.oid, 'pg_proc') is null
  and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
union all
select 'schema ' || nspname from pg_namespace
where nspname = 'private' and obj_description(oid, 'pg_namespace') is null
