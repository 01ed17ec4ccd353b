-- Revoke it: what a client may read belongs to public, what it may not is reached through functions.
select format('%I.%I: %s to %s', n.nspname, c.relname, lower(a.privilege_type),
  case a.grantee when 0 then 'public' else a.grantee::regrole::text end) as object
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join lateral (
  select * from aclexplode(c.relacl)
  union all
  select x.* from pg_attribute t cross join lateral aclexplode(t.attacl) x where t.attrelid = c.oid
) a
where n.nspname = 'private' and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  and (a.grantee = 0 or a.grantee in ('anon'::regrole, 'authenticated'::regrole))
