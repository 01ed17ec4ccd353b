import postgres from 'postgres';
import { runSupabase } from '../supabase-cli.ts';
import type { Check } from './check.ts';

interface LintedFunction {
  readonly function: string;
  readonly issues: readonly { level: string; message: string }[];
}

/** `supabase db lint` passes over trigger functions: each is checked here with each of its tables. */
const TRIGGER_FUNCTIONS_SQL = `
  select distinct format('%s on %I.%I, line %s: %s: %s', p.oid::regprocedure, c.relnamespace::regnamespace,
    c.relname, f.lineno, f.level, f.message) as finding
  from pg_proc p
  join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql'
  join pg_trigger t on t.tgfoid = p.oid and not t.tgisinternal and t.tgparentid = 0
  join pg_class c on c.oid = t.tgrelid
  cross join lateral extensions.plpgsql_check_function_tb(
    p.oid, t.tgrelid, oldtable => t.tgoldtable, newtable => t.tgnewtable) f
  where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  order by 1`;

/** The CLI wants the extension there: it may not create it as `postgres`. */
async function lintTriggerFunctions(superuserUrl: string): Promise<string[]> {
  const sql = postgres(superuserUrl, { max: 1, onnotice() {} });
  try {
    await sql`create extension if not exists plpgsql_check with schema extensions`;
    const rows = await sql.unsafe(TRIGGER_FUNCTIONS_SQL);
    return rows.map(({ finding }) => finding);
  } finally {
    await sql.end();
  }
}

/**
 * Runs plpgsql_check over every function of the schemas public and private.
 *
 * @param url a migrated database on a server that has the extension, as `postgres`
 * @param superuserUrl the same, as its superuser
 * @returns a text per finding of level warning or above
 * @throws Error when the CLI itself fails
 */
export async function lintFunctions(url: string, superuserUrl: string): Promise<string[]> {
  const ofTriggers = await lintTriggerFunctions(superuserUrl);
  const { stdout, stderr } = await runSupabase(
    ['db', 'lint', '--level=warning', '--schema=public,private', '--output-format=json'],
    url,
  );
  const { results } = JSON.parse(stdout || '{}') as { results?: LintedFunction[] };
  if (!results) throw new Error(`supabase db lint failed:\n${stderr || stdout}`);
  const ofOthers = results.flatMap(({ function: name, issues }) =>
    issues.map(({ level, message }) => `${name}: ${level}: ${message}`),
  );
  return [...ofOthers, ...ofTriggers];
}

/** Types, columns and unused variables inside plpgsql. */
export const plpgsql: Check = {
  name: 'supabase db lint',
  async run(databases) {
    const database = await databases.withPlpgsqlCheck();
    if (!database) return { findings: [], skipped: 'apt install postgresql-15-plpgsql-check' };
    return { findings: await lintFunctions(database.url, database.superuserUrl) };
  },
};
