/** What the types are made from: the schema `public` as the catalogue describes it. */
import postgres from 'postgres';

export interface Column {
  readonly name: string;
  /** Of its type, in `pg_type`. */
  readonly type: number;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  /** Computed by the database: a client may not give it a value. */
  readonly generated: boolean;
  readonly comment: string | null;
}

export interface Relationship {
  readonly name: string;
  readonly columns: string[];
  readonly isOneToOne: boolean;
  readonly referencedRelation: string;
  readonly referencedColumns: string[];
}

export interface Relation {
  readonly name: string;
  readonly isView: boolean;
  readonly comment: string | null;
  readonly columns: Column[];
  readonly relationships: Relationship[];
}

export interface Argument {
  readonly name: string;
  readonly type: number;
  /** As `pg_proc.proargmodes`: in, out, inout, variadic, column of the returned table. */
  readonly mode: 'i' | 'o' | 'b' | 'v' | 't';
  readonly optional: boolean;
}

export interface DatabaseFunction {
  readonly name: string;
  readonly comment: string | null;
  readonly args: Argument[];
  readonly returns: number;
  readonly returnsSet: boolean;
  /** The planner's guess of how many; 1 promises a single row. */
  readonly rows: number;
}

/** Postgres knows no composite type whose attributes are never null: the comment says which can be. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly comment: string | null;
}

export interface PostgresType {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'b' | 'c' | 'd' | 'e' | 'm' | 'p' | 'r';
  /** Of an array: its elements' type; otherwise 0. */
  readonly element: number;
  /** Of a domain: the type under it; otherwise 0. */
  readonly base: number;
  /** Of a row type: `r` for a table's, `v` for a view's, `c` for a type of its own. */
  readonly relationKind: string | null;
  readonly labels: string[];
  readonly comment: string | null;
  /** Of a composite type of its own. */
  readonly attributes: Attribute[];
}

export interface Schema {
  readonly relations: Relation[];
  readonly functions: DatabaseFunction[];
  readonly types: PostgresType[];
}

const COLUMNS = `
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', a.attname, 'type', a.atttypid::int8, 'nullable', not (a.attnotnull or t.typnotnull),
    'hasDefault', a.atthasdef or a.attidentity = 'd',
    'generated', a.attgenerated <> '' or a.attidentity = 'a',
    'comment', col_description(c.oid, a.attnum)) order by a.attname collate "C"), '[]')
  from pg_attribute a
  join pg_type t on t.oid = a.atttypid
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

const NAMES_OF = (relation: string, numbers: string) => `
  (select jsonb_agg(a.attname order by position)
   from unnest(${numbers}) with ordinality u (attnum, position)
   join pg_attribute a on a.attrelid = ${relation} and a.attnum = u.attnum)`;

const RELATIONSHIPS = `
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', k.conname, 'columns', ${NAMES_OF('k.conrelid', 'k.conkey')},
    'isOneToOne', exists (select from pg_index i where i.indrelid = k.conrelid and i.indisunique
      and i.indpred is null and (i.indkey::int2[])[0:i.indnkeyatts - 1] <@ k.conkey
      and (i.indkey::int2[])[0:i.indnkeyatts - 1] @> k.conkey),
    'referencedRelation', f.relname, 'referencedColumns', ${NAMES_OF('k.confrelid', 'k.confkey')})
    order by k.conname collate "C"), '[]')
  from pg_constraint k
  join pg_class f on f.oid = k.confrelid and f.relnamespace = c.relnamespace
  where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0`;

const RELATIONS = `
  select c.relname as name, c.relkind in ('v', 'm') as "isView",
    obj_description(c.oid, 'pg_class') as comment,
    (${COLUMNS}) as columns, (${RELATIONSHIPS}) as relationships
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not c.relispartition
  order by c.relname collate "C"`;

const FUNCTIONS = `
  select p.proname as name, obj_description(p.oid, 'pg_proc') as comment,
    p.prorettype::int8::int as returns, p.proretset as "returnsSet", p.prorows::int as rows,
    (select coalesce(jsonb_agg(jsonb_build_object('name', coalesce(p.proargnames[n], ''), 'type', type::int8,
        'mode', coalesce(p.proargmodes[n], 'i'),
        'optional', input > p.pronargs - p.pronargdefaults) order by n), '[]')
     from (
       select n, type, count(*) filter (where coalesce(p.proargmodes[n], 'i') in ('i', 'b', 'v'))
         over (order by n) as input
       from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality a (type, n)
     ) numbered) as args
  from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and not exists (select from pg_depend d
      where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  order by p.proname collate "C", p.oid::regprocedure::text collate "C"`;

const TYPES = `
  select t.oid::int8::int as oid, n.nspname as schema, t.typname as name, t.typtype as kind,
    case when t.typcategory = 'A' then t.typelem::int8::int else 0 end as element,
    t.typbasetype::int8::int as base, c.relkind as "relationKind", obj_description(t.oid, 'pg_type') as comment,
    array(select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder) as labels,
    (select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'type', a.atttypid::int8,
        'comment', col_description(c.oid, a.attnum))
        order by a.attname collate "C"), '[]')
      from pg_attribute a where a.attrelid = t.typrelid and c.relkind = 'c' and not a.attisdropped
    ) as attributes
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
  left join pg_class c on c.oid = t.typrelid
  order by n.nspname collate "C", t.typname collate "C"`;

/**
 * Reads tables, views, functions and types of the schema `public`.
 *
 * @param url the database, as `postgres`
 */
export async function readSchema(url: string): Promise<Schema> {
  const sql = postgres(url, { max: 1, onnotice() {}, connect_timeout: 10 });
  try {
    return {
      relations: [...(await sql.unsafe<Relation[]>(RELATIONS))],
      functions: [...(await sql.unsafe<DatabaseFunction[]>(FUNCTIONS))],
      types: [...(await sql.unsafe<PostgresType[]>(TYPES))],
    };
  } finally {
    await sql.end();
  }
}
