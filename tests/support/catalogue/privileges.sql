select format('default privileges of %s in %s on %s: %s', d.defaclrole::regrole,
  case d.defaclnamespace when 0 then 'every schema' else d.defaclnamespace::regnamespace::text end, d.defaclobjtype,
  array(select a::text from unnest(d.defaclacl) a order by a::text))
from pg_default_acl d
union all
select format('role %I super %s inherit %s createrole %s createdb %s login %s replication %s bypassrls %s', rolname,
  rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls)
from pg_roles where rolname !~ '^pg_'
union all
select format('member %s of %s admin %s', member::regrole, roleid::regrole, admin_option) from pg_auth_members
union all
select format('setting of %s: %s', case setrole when 0 then 'everybody' else setrole::regrole::text end, s)
from pg_db_role_setting, unnest(setconfig) s
where setdatabase in (0, (select oid from pg_database where datname = current_database()))
