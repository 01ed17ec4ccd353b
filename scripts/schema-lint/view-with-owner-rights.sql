-- Create it with (security_invoker = true): otherwise it reads past the row level security of its tables.
select format('%I.%I', n.nspname, c.relname) as object
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind = 'v'
  and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on'], false)
