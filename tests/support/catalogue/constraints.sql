select format('constraint %I on %s: %s', conname,
  case when conrelid <> 0 then conrelid::regclass::text else contypid::regtype::text end,
  pg_get_constraintdef(oid))
from pg_constraint
where connamespace::regnamespace::text !~ '^(pg_|information_schema)'
