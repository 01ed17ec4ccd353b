/** Postgres' types as TypeScript sees them in the API's JSON. */
import type { PostgresType } from './schema.ts';

const SCALARS: Readonly<Record<string, string>> = {
  bool: 'boolean',
  bpchar: 'string',
  bytea: 'string',
  citext: 'string',
  date: 'string',
  float4: 'number',
  float8: 'number',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  interval: 'string',
  json: 'Json',
  jsonb: 'Json',
  numeric: 'number',
  record: 'Record<string, unknown>',
  text: 'string',
  time: 'string',
  timestamp: 'string',
  timestamptz: 'string',
  timetz: 'string',
  uuid: 'string',
  varchar: 'string',
  void: 'undefined',
};

/** Where a row type's columns are described, by what has them. */
const SECTIONS: Readonly<Record<string, string>> = {
  c: 'CompositeTypes',
  m: 'Views',
  p: 'Tables',
  r: 'Tables',
  v: 'Views',
};

export type TypeNames = (oid: number) => string;

function nameRowType(type: PostgresType): string {
  const section = SECTIONS[type.relationKind ?? ''];
  if (type.schema !== 'public' || !section) return 'unknown';
  const path = `Database['public']['${section}']['${type.name}']`;
  return section === 'CompositeTypes' ? path : `${path}['Row']`;
}

/**
 * Makes the function that names types. What has no better name (`inet`, ranges) is `unknown`, as
 * `supabase gen types` has it.
 */
export function createTypeNames(types: readonly PostgresType[]): TypeNames {
  const byOid = new Map(types.map((type) => [type.oid, type]));
  const name: TypeNames = (oid) => {
    const type = byOid.get(oid);
    if (!type) return 'unknown';
    if (type.element) return `${name(type.element)}[]`;
    if (type.base) return name(type.base);
    if (type.kind === 'c') return nameRowType(type);
    if (type.kind === 'e' && type.schema === 'public') {
      return `Database['public']['Enums']['${type.name}']`;
    }
    return SCALARS[type.name] ?? 'unknown';
  };
  return name;
}
