-- A query for each table. Left out: logs, which are partitioned and hold what happened, not what was defined; and
-- columns that differ from database to database, because they say when a row was written or hold a secret.
with columns as (
  select a.attrelid as relation, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as names,
    string_agg(format('quote_nullable(%I)', a.attname), ', ' order by a.attnum) as printed
  from pg_attribute a
  where a.attnum > 0 and not a.attisdropped
    and a.atttypid not in ('timestamptz'::regtype, 'timestamp'::regtype, 'bytea'::regtype)
  group by a.attrelid
)
select n.nspname as schema, 'relation' as kind, c.relname as object,
  format('select concat(%L, concat_ws('', '', %s), '');'') as statement from %s',
    format('insert into %s (%s) values (', c.oid::regclass, columns.names), columns.printed, c.oid::regclass) as query
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join columns on columns.relation = c.oid
where n.nspname !~ '^(pg_|information_schema)' and c.relkind = 'r' and not c.relispartition
order by n.nspname collate "C", c.relname collate "C"
