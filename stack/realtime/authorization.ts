/** What the policies on `realtime.messages` let a client do on a private topic. */
import { randomUUID } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import type { Claims } from './identity.ts';

export type Extension = 'broadcast' | 'presence';
const EXTENSIONS: readonly Extension[] = ['broadcast', 'presence'];

/** Who asks for which topic, with the headers that the connection came with. */
export interface Applicant {
  readonly topic: string;
  readonly claims: Claims;
  readonly headers: Readonly<Record<string, unknown>>;
}

export type Rights = Readonly<Record<Extension, boolean>>;

const INSUFFICIENT_PRIVILEGE = '42501';

/** Carries a result out of a transaction that is to leave nothing. */
class RolledBack<Result> extends Error {
  readonly result: Result;
  constructor(result: Result) {
    super('rolled back on purpose');
    this.result = result;
  }
}

async function withoutTrace<Result>(
  sql: Sql,
  work: (transaction: TransactionSql) => Promise<Result>,
): Promise<Result> {
  try {
    await sql.begin(async (transaction) => {
      throw new RolledBack(await work(transaction));
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.result as Result;
    throw error;
  }
  throw new Error('the transaction ended without a result');
}

/** Makes the rest of a transaction run as a client. */
export async function actAs(
  sql: TransactionSql,
  { topic, claims, headers }: Applicant,
): Promise<void> {
  const settings = {
    role: claims.role,
    'realtime.topic': topic,
    'request.jwt.claims': JSON.stringify(claims),
    'request.jwt.claim.sub': claims.sub ?? '',
    'request.jwt.claim.role': claims.role,
    'request.headers': JSON.stringify(headers),
  };
  await sql`
    select set_config(key, value, true) from json_each_text(${JSON.stringify(settings)}::text::json)`;
}

function toRights(allowed: ReadonlySet<string>): Rights {
  return { broadcast: allowed.has('broadcast'), presence: allowed.has('presence') };
}

/**
 * Whether the applicant may read: a message of each extension is written by the service, and it counts
 * which of them the applicant sees.
 * @throws a database error, also of a policy that fails
 */
export function readRights(sql: Sql, applicant: Applicant): Promise<Rights> {
  return withoutTrace(sql, async (transaction) => {
    const probes = EXTENSIONS.map((extension) => ({
      id: randomUUID(),
      topic: applicant.topic,
      extension,
    }));
    await transaction`insert into realtime.messages ${transaction(probes)}`;
    await actAs(transaction, applicant);
    const seen = await transaction<{ extension: string }[]>`
      select extension from realtime.messages where id in ${transaction(probes.map(({ id }) => id))}`;
    return toRights(new Set(seen.map(({ extension }) => extension)));
  });
}

async function mayInsert(
  sql: TransactionSql,
  topic: string,
  extension: Extension,
): Promise<boolean> {
  try {
    await sql.savepoint(
      (savepoint) => savepoint`insert into realtime.messages ${savepoint({ topic, extension })}`,
    );
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === INSUFFICIENT_PRIVILEGE) return false;
    throw error;
  }
}

/**
 * Whether the applicant may write: by trying.
 * @throws a database error, also of a policy that fails
 */
export function writeRights(sql: Sql, applicant: Applicant): Promise<Rights> {
  return withoutTrace(sql, async (transaction) => {
    await actAs(transaction, applicant);
    const allowed = new Set<string>();
    for (const extension of EXTENSIONS) {
      if (await mayInsert(transaction, applicant.topic, extension)) allowed.add(extension);
    }
    return toRights(allowed);
  });
}
