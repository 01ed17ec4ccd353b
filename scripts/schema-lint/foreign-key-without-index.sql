-- Create an index that begins with the key's columns: without it each delete of the parent reads the whole child.
select format('%I on %s (%s)', k.conname, k.conrelid::regclass,
  (select string_agg(quote_ident(a.attname), ', ' order by position)
   from unnest(k.conkey) with ordinality u (attnum, position)
   join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum)) as object
from pg_constraint k
where k.contype = 'f' and k.conparentid = 0
  and k.connamespace in ('public'::regnamespace, 'private'::regnamespace)
  and not exists (
    select from pg_index i
    where i.indrelid = k.conrelid and i.indisvalid
      and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
      -- a partial index serves as long as it only leaves out rows that refer to nothing
      and (i.indpred is null
        or pg_get_expr(i.indpred, i.indrelid) in (
          select format('(%I IS NOT NULL)', a.attname) from pg_attribute a
          where a.attrelid = k.conrelid and a.attnum = any (k.conkey))))
