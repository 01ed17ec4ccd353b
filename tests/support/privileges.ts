/** Who may do what in the schemas `public` and `private`, as lists say it and as the database says it. */
import type { ISql } from 'postgres';
import { type DomainFile, domainThatCreates } from './domains.ts';

/** Something for each role that has any. */
type ByRole<T> = Readonly<Record<string, T>>;

/** Functions, each with its roles. */
type RolesOf = Readonly<Record<string, string>>;

/**
 * What a domain's `tests/sql/privileges/<domain>.ts` exports: all that its objects grant to anybody. Several
 * words of one kind stand in one text, with spaces between.
 */
export interface DomainPrivileges {
  /**
   * Tables and views of `public`, each with what a role may do: `{ streams: { anon: 'select' } }`.
   * `service_role` has everything there, as on Supabase, and is not listed.
   */
  readonly tables?: Readonly<Record<string, ByRole<string>>>;
  /**
   * Columns that a role may write where it may not write the whole table:
   * `{ users: { authenticated: { update: 'first_name last_name' } } }`.
   */
  readonly columns?: Readonly<Record<string, ByRole<Readonly<Record<string, string>>>>>;
  /** Published functions, each with the roles that it is published to. */
  readonly rpcs?: RolesOf;
  /** Functions of `private` that policies, triggers and views call with the rights of a client. */
  readonly helpers?: RolesOf;
}

/** A right: `anon` may `select` on `public.streams`. */
export interface Grant {
  readonly role: string;
  readonly privilege: string;
  /** `<schema>.<name>`, and for a column `<schema>.<table>.<column>`. */
  readonly object: string;
}

/** Who may execute what `publish_rpc` publishes in `private`: the roles, and the server. */
const rolesInPrivate = (roles: string) => [...new Set([...roles.split(' '), 'service_role'])];

/** Who may execute its shell in `public`: anonymous callers too where users may, as it tells them to sign in. */
function rolesInPublic(roles: string): string[] {
  const inPrivate = rolesInPrivate(roles);
  return inPrivate.includes('authenticated') ? [...new Set([...inPrivate, 'anon'])] : inPrivate;
}

const grants = (role: string, privileges: string, object: string): Grant[] =>
  privileges.split(' ').map((privilege) => ({ role, privilege, object }));

function tableGrants({ tables = {} }: DomainPrivileges): Grant[] {
  return Object.entries(tables).flatMap(([table, byRole]) =>
    Object.entries(byRole).flatMap(([role, privileges]) =>
      grants(role, privileges, `public.${table}`),
    ),
  );
}

function columnGrants({ columns = {} }: DomainPrivileges): Grant[] {
  return Object.entries(columns).flatMap(([table, byRole]) =>
    Object.entries(byRole).flatMap(([role, byPrivilege]) =>
      Object.entries(byPrivilege).flatMap(([privilege, names]) =>
        names.split(' ').flatMap((name) => grants(role, privilege, `public.${table}.${name}`)),
      ),
    ),
  );
}

const executeGrants = (object: string, roles: readonly string[]): Grant[] =>
  roles.flatMap((role) => grants(role, 'execute', object));

function helperGrants({ helpers = {} }: DomainPrivileges): Grant[] {
  return Object.entries(helpers).flatMap(([name, roles]) =>
    executeGrants(`private.${name}`, roles.split(' ')),
  );
}

function publishedGrants({ rpcs = {} }: DomainPrivileges): Grant[] {
  return Object.entries(rpcs).flatMap(([name, roles]) => [
    ...executeGrants(`private.${name}`, rolesInPrivate(roles)),
    ...executeGrants(`public.${name}`, rolesInPublic(roles)),
  ]);
}

/** Every right that a domain's list says, those that follow from the list included. */
export function listedGrants(privileges: DomainPrivileges): Grant[] {
  return [
    ...tableGrants(privileges),
    ...columnGrants(privileges),
    ...helperGrants(privileges),
    ...publishedGrants(privileges),
  ];
}

/** Every right that anybody but the owner has on relations, columns and functions of the two schemas. */
export async function readGrants(sql: ISql): Promise<Grant[]> {
  return sql<Grant[]>`
    with objects as (
      select relnamespace as schema, relname::text as name, relowner as owner, relacl as acl
      from pg_class where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
      union all
      select relnamespace, relname || '.' || attname, relowner, attacl
      from pg_attribute join pg_class on pg_class.oid = attrelid
      union all
      select pronamespace, proname, proowner, coalesce(proacl, acldefault('f', proowner)) from pg_proc
    )
    select case grantee when 0 then 'everybody' else grantee::regrole::text end as role,
      lower(privilege_type) || case when is_grantable then ' with grant option' else '' end as privilege,
      schema::regnamespace || '.' || name as object
    from objects cross join aclexplode(acl)
    where schema in ('public'::regnamespace, 'private'::regnamespace) and grantee <> owner
      and not (schema = 'public'::regnamespace and grantee = 'service_role'::regrole and privilege_type <> 'EXECUTE')
    order by object, role, privilege`;
}

const describe = ({ role, privilege, object }: Grant) => `${role} may ${privilege} on ${object}`;

const fileOf = (domain: string) => `tests/sql/privileges/${domain}.ts`;

async function fileFor({ object }: Grant): Promise<string> {
  const [schema, name] = object.split('.');
  const domain =
    (await domainThatCreates(`${schema}.${name}`)) ?? (await domainThatCreates(`private.${name}`));
  return fileOf(domain ?? '<domain>');
}

/** The rights that somebody has and no list says, each with the file that it would belong to. */
export async function unlistedGrants(
  sql: ISql,
  lists: readonly DomainFile<DomainPrivileges>[],
): Promise<string[]> {
  const listed = new Set(lists.flatMap(({ content }) => listedGrants(content).map(describe)));
  const unlisted = (await readGrants(sql)).filter((grant) => !listed.has(describe(grant)));
  return Promise.all(
    unlisted.map(async (grant) => `${describe(grant)}: not in ${await fileFor(grant)}`),
  );
}

/** The rights that a list says and nobody has, each with the file that says it. */
export async function missingGrants(
  sql: ISql,
  lists: readonly DomainFile<DomainPrivileges>[],
): Promise<string[]> {
  const granted = new Set((await readGrants(sql)).map(describe));
  return lists.flatMap(({ domain, content }) =>
    listedGrants(content)
      .map(describe)
      .filter((line) => !granted.has(line))
      .map((line) => `${line}: only in ${fileOf(domain)}`),
  );
}
