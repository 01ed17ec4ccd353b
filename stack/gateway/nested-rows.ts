/** Rows within rows: the driver hands them over in Postgres' notation, PostgREST answers objects. */
import type { Answer, Session } from './session.ts';

/** Types with lower numbers are Postgres' own, and none of them is a row. */
const FIRST_TYPE_OF_USERS = 16_384;

const ROW_TYPES = `
  select type.oid, type.oid::regtype::text as name, element.oid::regtype::text as element
  from pg_type as type
  left join pg_type as element on element.oid = type.typelem and type.typcategory = 'A'
  where type.oid = any ($1::text[]::oid[]) and coalesce(element.typtype, type.typtype) = 'c'`;

interface RowType {
  readonly oid: number;
  readonly name: string;
  /** Of an array: what its elements are. */
  readonly element: string | null;
}

const asJson = (typeName: string) => `
  select to_jsonb(given.value::${typeName}) as value
  from unnest($1::text[]) with ordinality as given (value, place) order by given.place`;

/**
 * Reads what the driver has left of a column: of an array it has made the texts of its elements, unless
 * the type is newer than the session.
 */
async function unfoldColumn(
  session: Session,
  rows: Record<string, unknown>[],
  column: string,
  { name, element }: RowType,
): Promise<void> {
  const texts = rows.map((row) => row[column]);
  const typeName = texts.some(Array.isArray) ? (element ?? name) : name;
  const unfolded = await session.run<{ value: unknown }>(asJson(typeName), [texts.flat()]);
  const values = unfolded.rows.values();
  const next = () => values.next().value?.value;
  for (const row of rows) {
    const text = row[column];
    row[column] = Array.isArray(text) ? text.map(next) : next();
  }
}

/** Turns the columns of an answer that hold rows, or arrays of rows, into objects; Postgres itself reads its notation. */
export async function unfoldNestedRows<Row>(
  session: Session,
  { rows, columns }: Answer<Row>,
): Promise<void> {
  const own = columns.filter(({ type }) => type >= FIRST_TYPE_OF_USERS);
  if (rows.length === 0 || own.length === 0) return;
  const oids = own.map(({ type }) => String(type));
  const found = await session.run<RowType>(ROW_TYPES, [oids]);
  const types = new Map(found.rows.map((type) => [Number(type.oid), type]));
  for (const { name, type } of own) {
    const rowType = types.get(type);
    if (rowType) await unfoldColumn(session, rows as Record<string, unknown>[], name, rowType);
  }
}
