-- Name every argument: the API passes them by name.
select p.oid::regprocedure::text as object
from pg_proc p
where p.pronamespace = 'public'::regnamespace
  and exists (
    select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner)
  and exists (
    select from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality argument (type, n)
    where coalesce(p.proargmodes[n], 'i') in ('i', 'b', 'v') and coalesce(p.proargnames[n], '') = '')
  and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
