/** Roles and privileges as sorted lines of text, so that a listing can be compared with another. */
import type { Sql } from 'postgres';

async function lines(sql: Sql, query: string): Promise<string[]> {
  const rows = await sql.unsafe<{ line: string }[]>(query);
  return rows.map(({ line }) => line).sort();
}

/** `role: attributes`, for the roles that are not PostgreSQL's own. */
export function roleAttributes(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `select rolname || ':' || concat(
       case when rolsuper then ' superuser' end, case when rolcanlogin then ' login' end,
       case when not rolinherit then ' noinherit' end, case when rolcreatedb then ' createdb' end,
       case when rolcreaterole then ' createrole' end,
       case when rolreplication then ' replication' end,
       case when rolbypassrls then ' bypassrls' end) as line
     from pg_roles where rolname !~ '^pg_'`,
  );
}

/** `role: setting`, for what `alter role … set` says. */
export function roleSettings(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `select rolname || ': ' || setting as line
     from pg_roles cross join unnest(rolconfig) as setting`,
  );
}

/** `member -> role`, and the options of the membership where the server has them. */
export async function memberships(sql: Sql): Promise<string[]> {
  const [{ version } = { version: 0 }] = await sql<{ version: number }[]>`
    select current_setting('server_version_num')::int as version`;
  const options =
    version < 160000
      ? "''"
      : `concat(case when admin_option then ' admin' end, case when inherit_option then ' inherit' end,
          case when set_option then ' set' end)`;
  return lines(
    sql,
    `select member::regrole || ' -> ' || roleid::regrole || ${options} as line
     from pg_auth_members where member::regrole::text !~ '^pg_'`,
  );
}

/** `schema (owner): grantee=privileges`, for the schemas of a Supabase project. */
export function schemaPrivileges(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `select n.nspname || ' (' || n.nspowner::regrole || '): '
       || case a.grantee when 0 then 'public' else a.grantee::regrole::text end || '='
       || string_agg(lower(a.privilege_type), ' ' order by a.privilege_type) as line
     from pg_namespace n cross join aclexplode(n.nspacl) as a
     where n.nspname in ('public', 'extensions', 'auth', 'storage', 'realtime')
     group by n.nspname, n.nspowner, a.grantee`,
  );
}

/** `creator in schema, kind: grantees`, where a `*` marks the right to grant on. */
export function defaultPrivileges(sql: Sql): Promise<string[]> {
  return lines(
    sql,
    `select creator || ' in ' || schema || ', ' || kind || ': ' || string_agg(grantee, ' ' order by grantee)
       as line
     from (
       select distinct d.defaclrole::regrole::text as creator, d.defaclnamespace::regnamespace::text as schema,
         case d.defaclobjtype when 'r' then 'tables' when 'f' then 'functions' else 'sequences' end as kind,
         a.grantee::regrole::text || case when a.is_grantable then '*' else '' end as grantee
       from pg_default_acl d cross join aclexplode(d.defaclacl) as a
     ) as entries
     group by creator, schema, kind`,
  );
}

/** `kind owner: names`, for the objects in one schema. */
export function owners(sql: Sql, schema: string): Promise<string[]> {
  return lines(
    sql,
    `select kind || ' of ' || owner || ': ' || string_agg(name, ' ' order by name) as line
     from (
       select 'tables' as kind, relowner::regrole::text as owner, relname as name
       from pg_class where relnamespace = '${schema}'::regnamespace and relkind in ('r', 'p')
       union all
       select 'functions', proowner::regrole::text, proname
       from pg_proc where pronamespace = '${schema}'::regnamespace
     ) as objects
     group by kind, owner`,
  );
}

/** `table: grantee=privileges`; the owner's own rights are left out, as is what only 17 knows. */
export function tablePrivileges(sql: Sql, schema: string): Promise<string[]> {
  return lines(
    sql,
    `select c.relname || ': ' || a.grantee::regrole || '='
       || string_agg(lower(a.privilege_type), ' ' order by a.privilege_type) as line
     from pg_class c cross join aclexplode(c.relacl) as a
     where c.relnamespace = '${schema}'::regnamespace and c.relkind in ('r', 'p')
       and a.grantee <> c.relowner and a.privilege_type <> 'MAINTAIN'
     group by c.relname, a.grantee`,
  );
}
