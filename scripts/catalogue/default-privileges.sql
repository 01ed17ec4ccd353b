-- An entry for one schema adds to the built-in privileges, one for all schemas stands in their place.
with entries as (
  select defaclrole, defaclacl as acl,
    case when defaclnamespace = 0 then acldefault(defaclobjtype, defaclrole) end as instead_of,
    case when defaclnamespace <> 0 then ' in schema ' || defaclnamespace::regnamespace end as place,
    case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
      when 'T' then 'types' else 'schemas' end as objects
  from pg_default_acl
),
changes as (
  select e.*, 'grant' as verb, 'to' as preposition, a.*
  from entries e cross join lateral (select * from aclexplode(acl) except select * from aclexplode(instead_of)) a
  union all
  select e.*, 'revoke', 'from', a.*
  from entries e cross join lateral (select * from aclexplode(instead_of) except select * from aclexplode(acl)) a
)
select '' as schema, 'default privileges' as kind, defaclrole::regrole::text as object,
  format('alter default privileges for role %s%s %s %s on %s %s %s%s;', defaclrole::regrole, place, verb,
    string_agg(lower(privilege_type), ', ' order by privilege_type), objects, preposition,
    case grantee when 0 then 'public' else grantee::regrole::text end,
    case when is_grantable then ' with grant option' end) as statement
from changes
group by defaclrole, place, verb, objects, preposition, grantee, is_grantable
order by object, statement
