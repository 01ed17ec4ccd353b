select format('extension %I %s in %s', extname, extversion, extnamespace::regnamespace) from pg_extension
