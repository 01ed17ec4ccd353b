-- Name the roles: create policy … to authenticated. Without `to` it also runs for roles that nobody thought of.
select format('%I on %s', p.polname, p.polrelid::regclass) as object
from pg_policy p
join pg_class c on c.oid = p.polrelid
where p.polroles = '{0}'
  and c.relnamespace::regnamespace::text in ('public', 'private', 'storage', 'realtime')
