-- Core: what happens to a user's data when the account goes. Each domain registers its own part, in its own file.

create table private.erasures (
  id integer generated always as identity primary key,
  sql_function text not null unique check (sql_function ~ '^private\.[a-z][a-z0-9_]*$')
);
comment on table private.erasures is
  'What is called, in this order, before an account is deleted: for what the deletion of its rows would leave behind. '
  'docs/personal-data.md says what is kept, and why.';
comment on column private.erasures.sql_function is 'A function that takes the user''s id, without its parentheses.';

create function private.erase_user(user_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  erasure private.erasures;
begin
  for erasure in select * from private.erasures order by id loop
    execute format('select %s($1)', erasure.sql_function) using user_id;
  end loop;
end
$$;
comment on function private.erase_user(uuid) is
  'Has every domain erase what it knows of a user. Called before the account is deleted, by whatever way.';
