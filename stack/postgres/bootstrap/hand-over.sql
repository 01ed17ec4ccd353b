-- Helper of the bootstrap's other files: gives everything in a schema, but not the schema, to a role.
create or replace function pg_temp.hand_over(schema_name text, new_owner text) returns void
language plpgsql as $$
declare
  statement text;
begin
  for statement in
    select format('alter table %s owner to %I', oid::regclass, new_owner)
    from pg_class
    where relnamespace = schema_name::regnamespace and relkind in ('r', 'p', 'v')
    union all
    select format('alter routine %s owner to %I', oid::regprocedure, new_owner)
    from pg_proc
    where pronamespace = schema_name::regnamespace
  loop
    execute statement;
  end loop;
end
$$;
