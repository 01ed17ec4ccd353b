/** Runs the rules beside this file, one SQL query each, over a migrated database. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';

export interface Finding {
  /** The rule's file name without `.sql`. */
  readonly rule: string;
  /** What breaks it. */
  readonly object: string;
  /** The rule's first line: what to do. */
  readonly advice: string;
}

interface Rule {
  readonly name: string;
  readonly advice: string;
  readonly query: string;
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

async function readRule(file: string): Promise<Rule> {
  const query = await readFile(`${FOLDER}${file}`, 'utf8');
  const [firstLine = ''] = query.split('\n');
  return { name: file.replace(/\.sql$/, ''), advice: firstLine.replace(/^-- /, ''), query };
}

/** The names of all rules. */
export async function listRules(): Promise<string[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql'));
  return files.map((file) => file.replace(/\.sql$/, '')).sort();
}

/** Runs every rule on an open connection, or inside a transaction. */
export async function lintWith(sql: postgres.Sql | postgres.TransactionSql): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of await listRules()) {
    const { advice, query } = await readRule(`${name}.sql`);
    const rows = await sql.unsafe(query);
    findings.push(...rows.map(({ object }) => ({ rule: name, object, advice })));
  }
  return findings;
}

/**
 * Lints a migrated database.
 *
 * @param url the database, as `postgres`
 * @returns what breaks a rule; nothing for a sound schema
 */
export async function lintSchema(url: string): Promise<Finding[]> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  try {
    return await lintWith(sql);
  } finally {
    await sql.end();
  }
}

/** A finding as one line. */
export function describeFinding({ rule, object, advice }: Finding): string {
  return `${rule}: ${object}. ${advice}`;
}
