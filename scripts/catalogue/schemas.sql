select nspname as schema, 'schema' as kind, nspname as object, concat(
    format('create schema %I authorization %I;', nspname, nspowner::regrole),
    format(E'\ncomment on schema %I is ', nspname) || quote_literal(obj_description(oid, 'pg_namespace')) || ';'
  ) as statement
from pg_namespace
where nspname !~ '^(pg_|information_schema)'
