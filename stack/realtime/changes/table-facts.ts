/** What must be known of a table to tell of its changes. */
import type { Sql } from 'postgres';

export interface ColumnFacts {
  readonly name: string;
  /** Its name in `pg_type`, which clients are told. */
  readonly type: string;
  /** Its name in SQL. */
  readonly sqlType: string;
}

export interface TableFacts {
  readonly oid: number;
  readonly hasRls: boolean;
  readonly primaryKey: readonly string[];
  readonly columns: readonly ColumnFacts[];
}

/** @returns undefined when the table is gone */
export async function readTableFacts(sql: Sql, oid: number): Promise<TableFacts | undefined> {
  const [facts] = await sql<TableFacts[]>`
    select c.oid::int8::int as oid, c.relrowsecurity as "hasRls",
      array(select a.attname::text from pg_index i join pg_attribute a
        on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
        where i.indrelid = c.oid and i.indisprimary) as "primaryKey",
      (select json_agg(json_build_object('name', a.attname, 'type', t.typname,
          'sqlType', format_type(a.atttypid, a.atttypmod)) order by a.attnum)
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
    from pg_class c where c.oid = ${oid}`;
  return facts;
}

/** The tables of the publication that a subscription may mean. */
async function publishedTables(sql: Sql, schema: string, table: string): Promise<number[]> {
  const rows = await sql<{ oid: number }[]>`
    select c.oid::int8::int as oid
    from pg_publication_tables p
    join pg_namespace n on n.nspname = p.schemaname
    join pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
    where p.pubname = 'supabase_realtime'
      and (${schema} = '*' or p.schemaname = ${schema})
      and (${table} = '*' or p.tablename = ${table})`;
  return rows.map(({ oid }) => oid);
}

/** What one join asks of the catalogue, each thing once. */
export class Catalogue {
  readonly #sql: Sql;
  readonly #tables = new Map<string, Promise<number[]>>();
  readonly #facts = new Map<number, Promise<TableFacts | undefined>>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The tables of the publication that a subscription may mean. */
  tables(schema: string, table: string): Promise<number[]> {
    const key = JSON.stringify([schema, table]);
    const tables = this.#tables.get(key) ?? publishedTables(this.#sql, schema, table);
    this.#tables.set(key, tables);
    return tables;
  }

  facts(oid: number): Promise<TableFacts | undefined> {
    const facts = this.#facts.get(oid) ?? readTableFacts(this.#sql, oid);
    this.#facts.set(oid, facts);
    return facts;
  }
}
