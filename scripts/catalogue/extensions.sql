select '' as schema, 'extension' as kind, extname as object,
  format('create extension %I with schema %s version %L;', extname, extnamespace::regnamespace, extversion) as statement
from pg_extension
