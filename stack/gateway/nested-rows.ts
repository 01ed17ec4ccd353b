/** Rows within rows: the driver hands them over in Postgres' notation, PostgREST answers objects. */
import type { Answer, Session } from './session.ts';

/** Types with lower numbers are Postgres' own, and none of them is a row. */
const FIRST_TYPE_OF_USERS = 16_384;

const ROW_TYPES = `
  select type.oid, type.oid::regtype::text as name
  from pg_type type
  left join pg_type element on element.oid = type.typelem and type.typcategory = 'A'
  where type.oid = any ($1::text[]::oid[]) and coalesce(element.typtype, type.typtype) = 'c'`;

const asJson = (typeName: string) => `
  select to_jsonb(given.value::${typeName}) as value
  from unnest($1::text[]) with ordinality as given (value, place) order by given.place`;

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** The driver has taken an array apart, but for its rows; what is no row in it is null. */
function inNotation(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return `{${value.map((item) => (item?.startsWith('(') ? quoted(item) : 'null')).join()}}`;
}

/** Turns what holds rows in an answer, or arrays of rows, into objects; Postgres itself reads its notation. */
export async function unfoldNestedRows<Row>(
  session: Session,
  { rows, columns }: Answer<Row>,
): Promise<void> {
  const own = columns.filter(({ type }) => type >= FIRST_TYPE_OF_USERS);
  if (rows.length === 0 || own.length === 0) return;
  const oids = own.map(({ type }) => String(type));
  const found = await session.run<{ oid: number; name: string }>(ROW_TYPES, [oids]);
  const names = new Map(found.rows.map(({ oid, name }) => [Number(oid), name]));
  for (const { name, type } of own) {
    const typeName = names.get(type);
    if (!typeName) continue;
    const nested = rows as Record<string, unknown>[];
    const values = nested.map((row) => inNotation(row[name]));
    const { rows: unfolded } = await session.run<{ value: unknown }>(asJson(typeName), [values]);
    for (const [index, { value }] of unfolded.entries()) {
      const row = nested[index];
      if (row) row[name] = value;
    }
  }
}
