/** All that a migration can define, as SQL text: two databases can be compared by it, and a person can read it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { RUNS_SCHEMA } from '../../sql/cli/bookkeeping.ts';
import { compareDefinitions } from './order.ts';

export interface Definition {
  /** Where it is; empty for what belongs to no schema. */
  readonly schema: string;
  /** What kind of thing `object` is: `relation`, `function`, `role` … */
  readonly kind: string;
  /** The thing that it makes or is a part of: a table's index is of the table. */
  readonly object: string;
  /** As somebody would have written it, with its semicolon. */
  readonly statement: string;
}

/** The queries beside this file, in the order in which the parts of one object are told. */
const QUERIES = [
  'roles',
  'extensions',
  'default-privileges',
  'publications',
  'schemas',
  'types',
  'tables',
  'views',
  'functions',
  'comments',
  'sequences',
  'indexes',
  'grants',
  'policies',
  'triggers',
] as const;

const readQuery = (name: string) =>
  readFile(fileURLToPath(new URL(`${name}.sql`, import.meta.url)), 'utf8');

/** With an empty search path Postgres prints every name with its schema. */
async function withReader<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  try {
    await sql`set search_path = ''`;
    await sql`set timezone = 'UTC'`;
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** What is known of the migrations that were applied, and not made by them. */
const RECORDS = ['supabase_migrations', RUNS_SCHEMA];

const isOurs = ({ schema, object }: Pick<Definition, 'schema' | 'object'>) =>
  !RECORDS.includes(schema) && !RECORDS.includes(object);

/**
 * Reads schemas, tables, views, constraints, indexes, policies, triggers, functions with their bodies, types,
 * publications, comments, grants, default privileges and roles. Nothing in it depends on object ids or on when
 * something was created. The record of applied migrations is left out.
 *
 * @param url the database, as a superuser
 */
export function readCatalogue(url: string): Promise<Definition[]> {
  return withReader(url, async (sql) => {
    const parts: Definition[][] = [];
    for (const name of QUERIES) parts.push(await sql.unsafe<Definition[]>(await readQuery(name)));
    return parts.flat().filter(isOurs).sort(compareDefinitions);
  });
}

/**
 * Reads which tables hold a span of time of a log.
 *
 * @param url the database, as a superuser
 * @returns a predicate: is this definition one of such a table?
 */
export function readDatedPartitions(url: string): Promise<(definition: Definition) => boolean> {
  const nameOf = ({ schema, object }: Pick<Definition, 'schema' | 'object'>) =>
    `${schema}.${object}`;
  return withReader(url, async (sql) => {
    const partitions = await sql.unsafe<Definition[]>(await readQuery('dated-partitions'));
    const names = new Set(partitions.map(nameOf));
    return (definition) => definition.kind === 'relation' && names.has(nameOf(definition));
  });
}

/**
 * Reads the rows of every table that is no log, without moments and secrets. In a database that nobody has used
 * they are what migrations wrote: settings, jobs, packages.
 *
 * @param url the database, as a superuser
 */
export function readRows(url: string): Promise<Definition[]> {
  return withReader(url, async (sql) => {
    const tables = await sql.unsafe<(Definition & { query: string })[]>(await readQuery('rows'));
    const rows: Definition[] = [];
    for (const { query, ...table } of tables.filter(isOurs)) {
      const found = await sql.unsafe<{ statement: string }[]>(query);
      const statements = found.map(({ statement }) => statement).sort();
      rows.push(...statements.map((statement) => ({ ...table, statement })));
    }
    return rows;
  });
}
