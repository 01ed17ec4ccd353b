-- Revoke it: clients get select, insert, update and delete at most, anonymous ones select alone, and PUBLIC nothing.
select format('%I.%I: %s to %s', n.nspname, c.relname, lower(a.privilege_type),
  case a.grantee when 0 then 'public' else a.grantee::regrole::text end) as object
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join lateral aclexplode(c.relacl) a
left join pg_roles r on r.oid = a.grantee
where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  and (a.grantee = 0
    or r.rolname = 'anon' and a.privilege_type not in ('SELECT', 'USAGE')
    or r.rolname = 'authenticated' and a.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN'))
