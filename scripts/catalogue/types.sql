with members (type_oid, lines) as (
  select t.oid, string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), E',\n  ' order by a.attnum)
  from pg_type t
  join pg_class c on c.oid = t.typrelid and c.relkind = 'c'
  join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
  group by t.oid
),
labels (type_oid, list) as (
  select enumtypid, string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum group by enumtypid
),
rules (type_oid, list) as (
  select contypid,
    string_agg(format(E'\n  constraint %I %s', conname, pg_get_constraintdef(oid, true)), '' order by conname)
  from pg_constraint
  where contypid <> 0
  group by contypid
)
select n.nspname as schema, 'type' as kind, t.typname as object, concat(
    case t.typtype
      when 'c' then format(E'create type %s as (\n  %s\n);', t.oid::regtype, m.lines)
      when 'e' then format('create type %s as enum (%s);', t.oid::regtype, l.list)
      when 'd' then format('create domain %s as %s%s%s%s;', t.oid::regtype, format_type(t.typbasetype, t.typtypmod),
        ' default ' || t.typdefault, case when t.typnotnull then ' not null' end, r.list)
      else format('create type %s as range (subtype = %s);', t.oid::regtype,
        (select rngsubtype::regtype from pg_range where rngtypid = t.oid))
    end,
    format(E'\nalter type %s owner to ', t.oid::regtype) || nullif(t.typowner::regrole::text, 'postgres') || ';',
    format(E'\ncomment on type %s is ', t.oid::regtype) || quote_literal(obj_description(t.oid, 'pg_type')) || ';'
  ) as statement
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
left join members m on m.type_oid = t.oid
left join labels l on l.type_oid = t.oid
left join rules r on r.type_oid = t.oid
where n.nspname !~ '^(pg_|information_schema)' and (t.typtype in ('e', 'd', 'r') or m.lines is not null)
  and not exists (
    select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
