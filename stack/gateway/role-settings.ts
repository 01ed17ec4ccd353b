import type { SessionPool } from './session-pool.ts';

/** Settings such as `statement_timeout`, by role. */
export type RoleSettings = ReadonlyMap<string, Readonly<Record<string, string>>>;

interface RoleRow {
  readonly role: string;
  readonly settings: Readonly<Record<string, string>>;
}

const QUERY = `
  select r.rolname as role, json_object_agg(s.name, substr(c.entry, strpos(c.entry, '=') + 1)) as settings
  from pg_roles r
  cross join lateral unnest(r.rolconfig) as c (entry)
  join pg_settings s on s.name = split_part(c.entry, '=', 1) and s.context = 'user'
  where pg_has_role(session_user, r.oid, 'member') and r.rolname <> session_user
  group by r.rolname`;

/**
 * What `alter role … set …` says of the roles that requests run as. SET ROLE does not apply these,
 * so PostgREST, and the gateway like it, sets them for each transaction. Only settings that any
 * user may set are taken.
 */
export async function readRoleSettings(database: SessionPool): Promise<RoleSettings> {
  const { rows } = await database.run<RoleRow>(QUERY);
  return new Map(rows.map(({ role, settings }) => [role, settings]));
}
