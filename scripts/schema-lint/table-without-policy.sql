-- Say in a policy who may see which rows, or move the table to the schema private.
select format('%I.%I', n.nspname, c.relname) as object
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p')
  and not exists (select from pg_policy p where p.polrelid = c.oid)
  -- a partition that no client may name is reached through its parent's policies only
  and not (c.relispartition and not exists (
    select from unnest(array['anon', 'authenticated']) client
    where has_any_column_privilege(client, c.oid, 'select, insert, update')
      or has_table_privilege(client, c.oid, 'delete')))
