select format('column %I.%I #%s %I %s collation %s not null %s identity %s generated %s default %s acl %s comment %L',
  n.nspname, c.relname,
  to_char(row_number() over (partition by c.oid order by a.attnum), 'FM000'), a.attname,
  format_type(a.atttypid, a.atttypmod), nullif(a.attcollation, 0)::regcollation, a.attnotnull,
  a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid),
  array(select x::text from unnest(a.attacl) x order by x::text), col_description(c.oid, a.attnum))
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and a.attnum > 0 and not a.attisdropped
