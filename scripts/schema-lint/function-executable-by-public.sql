-- revoke execute on function … from public, and grant it to the roles that need it.
select p.oid::regprocedure::text as object
from pg_proc p
where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and exists (
    select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where a.grantee = 0 and a.privilege_type = 'EXECUTE')
  and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
