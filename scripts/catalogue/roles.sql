with attributes (role, attribute, is_given) as (
  select oid::regrole, attribute, is_given
  from pg_roles
  cross join lateral (values ('superuser', rolsuper), ('inherit', rolinherit), ('createrole', rolcreaterole),
    ('createdb', rolcreatedb), ('login', rolcanlogin), ('replication', rolreplication), ('bypassrls', rolbypassrls)
  ) of_role (attribute, is_given)
  where rolname !~ '^pg_'
),
settings (role, setting) as (
  select nullif(setrole, 0)::regrole, setting
  from pg_db_role_setting, unnest(setconfig) setting
  where setdatabase in (0, (select oid from pg_database where datname = current_database()))
)
select '' as schema, 'role' as kind, role::text as object,
  format('create role %s %s;', role,
    string_agg(case when is_given then '' else 'no' end || attribute, ' ' order by attribute)) as statement
from attributes
group by role
union all
select '', 'role', roleid::regrole::text,
  format('grant %s to %s%s;', roleid::regrole, member::regrole, case when admin_option then ' with admin option' end)
from pg_auth_members
union all
select '', 'role', coalesce(role::text, ''), format('alter %s set %s;', coalesce('role ' || role, 'database'), setting)
from settings
order by object, statement
