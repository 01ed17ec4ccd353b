import { type Kysely, sql } from 'kysely';
import { requestContext } from './request-context.ts';
import type { RoleSettings } from './role-settings.ts';

/** Who a request's statements run as, as lite hands it to its connection. */
export interface SessionVars {
  readonly auth?: { readonly role?: string; readonly uid?: string | null; readonly jwt?: object };
  readonly storage?: { readonly operation?: string };
}

/** The settings that SQL reads: role, both claim forms, and the request, all for one transaction. */
function requestSettings(vars: SessionVars): Record<string, string> {
  const role = vars.auth?.role || 'anon';
  const request = requestContext();
  return {
    role,
    'request.jwt.claims': JSON.stringify(vars.auth?.jwt ?? { role }),
    'request.jwt.claim.sub': vars.auth?.uid ?? '',
    'request.jwt.claim.role': role,
    'request.method': request?.method ?? '',
    'request.path': request?.path ?? '',
    'request.headers': JSON.stringify(request?.headers ?? {}),
    'response.status': '',
    'response.headers': '',
    'storage.operation': vars.storage?.operation ?? '',
  };
}

/**
 * Makes a transaction run as the request's role, with that role's own settings, in one round trip.
 */
export async function applySessionSettings(
  transaction: Kysely<unknown>,
  vars: SessionVars,
  roleSettings: RoleSettings,
): Promise<void> {
  const settings = requestSettings(vars);
  const role = settings.role as string;
  const request = requestContext();
  if (request) request.role = role;
  const all = JSON.stringify({ ...roleSettings.get(role), ...settings });
  await sql`select set_config(key, value, true) from json_each_text(${all}::text::json)`.execute(
    transaction,
  );
}
