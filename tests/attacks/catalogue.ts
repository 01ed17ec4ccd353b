/** What strangers can reach over the Data API, read from the database: new tables and functions are in it by themselves. */
import type { Sql } from 'postgres';

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface Rpc {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
}

/** Every table and view of the API. */
export const readTables = (sql: Sql) => sql<Table[]>`
  select relname as name, array_agg(attname::text order by attnum) as columns
  from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') and not relispartition
  group by relname order by relname`;

/** Every function of the API, with its parameters. */
export const readRpcs = (sql: Sql) => sql<Rpc[]>`
  select proname as name, (
    select coalesce(jsonb_agg(jsonb_build_object('name', proargnames[place], 'type', type::regtype::text) order by place), '[]')
    from unnest(proargtypes::oid[]) with ordinality as argument (type, place)) as parameters
  from pg_proc
  where pronamespace = 'public'::regnamespace and prokind = 'f'
    and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e')
  order by proname`;

/**
 * All rows of the product's tables that name one of the texts, and those tables that belong to nobody whole. Logs
 * grow by themselves and are left out.
 */
export async function readRowsOf(sql: Sql, texts: readonly string[]): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', relnamespace::regnamespace, relname) as name from pg_class
    where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind = 'r' and not relispartition
      and relname not like 'event\_%' and relname not like 'job\_%'
    order by 1`;
  const rows: string[] = [];
  const own = `(${texts.join('|')})`;
  for (const { name } of tables) {
    const whole = ['private.settings', 'public.packages'].includes(name);
    const found = await sql.unsafe(
      `select to_jsonb(t)::text as row from ${name} as t where $1 or to_jsonb(t)::text ~ $2 order by 1`,
      [whole, own],
    );
    rows.push(...found.map(({ row }) => `${name} ${row}`));
  }
  return rows;
}
