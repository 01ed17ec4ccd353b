/** What the check of errors and docs/errors.md are made from, as the catalogue of a migrated database has it. */
import postgres from 'postgres';

export interface CatalogueEntry {
  readonly code: string;
  readonly domain: string;
  readonly status: number;
  readonly hint: string;
}

export interface SqlFunction {
  /** With its schema: `private.get_stream`. */
  readonly name: string;
  readonly comment: string;
  /** Its body without comments. */
  readonly body: string;
}

export interface Trigger {
  /** With its schema. */
  readonly table: string;
  readonly operations: readonly ('insert' | 'update' | 'delete')[];
  /** The columns whose update it waits for; none: any. */
  readonly columns: readonly string[];
  /** The name of its function. */
  readonly calls: string;
}

export interface ErrorSources {
  /** In the order in which the domains and codes were written. */
  readonly catalogue: readonly CatalogueEntry[];
  readonly functions: readonly SqlFunction[];
  readonly triggers: readonly Trigger[];
}

const FUNCTIONS = `
  select p.pronamespace::regnamespace || '.' || p.proname as name,
    coalesce(obj_description(p.oid, 'pg_proc'), '') as comment,
    regexp_replace(p.prosrc, '--[^\\n]*', '', 'g') as body
  from pg_proc p
  where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  order by p.proname collate "C", p.oid`;

const TRIGGERS = `
  select c.relnamespace::regnamespace || '.' || c.relname as table,
    array_remove(array[case when t.tgtype & 4 > 0 then 'insert' end, case when t.tgtype & 16 > 0 then 'update' end,
      case when t.tgtype & 8 > 0 then 'delete' end], null) as operations,
    array(select a.attname::text from unnest(t.tgattr) n join pg_attribute a on a.attrelid = c.oid and a.attnum = n) as columns,
    p.pronamespace::regnamespace || '.' || p.proname as calls
  from pg_trigger t
  join pg_class c on c.oid = t.tgrelid
  join pg_proc p on p.oid = t.tgfoid
  where not t.tgisinternal and t.tgparentid = 0 and p.pronamespace = 'private'::regnamespace
  order by 1, t.tgname`;

/** @param url a migrated database, as `postgres` */
export async function readErrorSources(url: string): Promise<ErrorSources> {
  const sql = postgres(url, { max: 1, onnotice() {}, connect_timeout: 10 });
  try {
    return {
      catalogue: [
        ...(await sql<CatalogueEntry[]>`
          select code, domain, status, hint from private.errors
          order by (select min(ctid) from private.errors as first where first.domain = errors.domain), code`),
      ],
      functions: [...(await sql.unsafe<SqlFunction[]>(FUNCTIONS))],
      triggers: [...(await sql.unsafe<Trigger[]>(TRIGGERS))],
    };
  } finally {
    await sql.end();
  }
}
