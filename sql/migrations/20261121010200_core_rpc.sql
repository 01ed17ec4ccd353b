-- Core: how a function becomes part of the API. It is written once, in `private`; `public` gets a shell that calls it.

create function private.check_rpc(target regprocedure, roles text[])
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  rpc pg_catalog.pg_proc;
  unknown_role text := (
    select role from unnest(roles) as role
    where not exists (select from pg_catalog.pg_roles where rolname = role) limit 1);
  complaint text;
begin
  select * into rpc from pg_catalog.pg_proc where oid = target;
  complaint := case
    when rpc.pronamespace <> 'private'::regnamespace then 'is not in the schema private'
    when obj_description(target, 'pg_proc') is null then 'has no comment'
    when 'search_path=""' <> all (coalesce(rpc.proconfig, '{}')) then 'lacks "set search_path = ''''"'
    when rpc.prokind <> 'f' or rpc.provariadic <> 0 or rpc.proargmodes && '{o,b}' then
      'is a procedure, is variadic or has an out parameter'
    when cardinality(coalesce(rpc.proargnames, '{}')) < rpc.pronargs or '' = any (rpc.proargnames[:rpc.pronargs]) then
      'has a parameter without a name'
    when unknown_role is not null then format('is published to %s, which is no role', unknown_role)
    when cardinality(roles) = 0 then 'is published to nobody'
  end;
  if complaint is not null then
    perform private.fail('rpc_invalid', format('%s %s.', target, complaint));
  end if;
end
$$;
comment on function private.check_rpc(regprocedure, text[]) is 'Raises rpc_invalid for what publish_rpc does not take.';

create function private.write_rpc_shell(target regprocedure, must_sign_in boolean)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  rpc pg_catalog.pg_proc;
  call text;
begin
  select * into rpc from pg_catalog.pg_proc where oid = target;
  call := format('private.%I(%s)', rpc.proname,
    (select string_agg('$' || place, ', ' order by place) from generate_series(1, rpc.pronargs) as place));
  return concat_ws(E'\n',
    format('create function public.%I(%s)', rpc.proname, pg_get_function_arguments(target)),
    'returns ' || pg_get_function_result(target),
    'language plpgsql',
    case rpc.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    'set search_path = ''''',
    'as $shell$',
    'begin',
    case when must_sign_in then
      E'  if current_user = ''anon'' then\n    perform private.require_user();\n  end if;' end,
    case
      when rpc.prorettype = 'void'::regtype then '  perform ' || call || ';'
      when rpc.proretset then '  return query select * from ' || call || ';'
      else '  return ' || call || ';'
    end,
    'end',
    '$shell$');
end
$$;
comment on function private.write_rpc_shell(regprocedure, boolean) is
  'The statement that makes a function''s shell in public. must_sign_in: anonymous callers are answered '
  'sign_in_required.';

create function private.publish_rpc(signature text, variadic roles text[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  target constant regprocedure := signature::regprocedure;
  shell constant text := format('public.%I(%s)', (select proname from pg_catalog.pg_proc where oid = target),
    pg_get_function_identity_arguments(target));
  grantees text;
begin
  perform private.check_rpc(target, roles);
  execute private.write_rpc_shell(target, must_sign_in => 'authenticated' = any (roles) and 'anon' <> all (roles));
  execute format('comment on function %s is %L', shell, obj_description(target, 'pg_proc'));
  -- service_role may call everything in public, so what is called there is granted to it too.
  select string_agg(distinct quote_ident(role), ', ') into grantees from unnest(roles || '{service_role}') as role;
  execute format('grant execute on function %s to %s', target, grantees);
  if 'authenticated' = any (roles) then
    grantees := grantees || ', anon'; -- who is answered by the function itself, not by a bare 42501
  end if;
  execute format('grant execute on function %s to %s', shell, grantees);
end
$$;
comment on function private.publish_rpc(text, text[]) is
  'Publishes a function of the schema private, such as ''private.get_stream(uuid)'', through the API to some roles: '
  'makes a security invoker function in public that calls it, with the same name, parameters, defaults, result, '
  'volatility and comment, and grants both to the roles and to service_role. What signed-in users may call answers '
  'anonymous ones sign_in_required. For migrations. Raises rpc_invalid for a function without a comment, with an open '
  'search_path or with a nameless parameter, and for a role that does not exist.';

create function private.drop_rpc(signature text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  target constant regprocedure := signature::regprocedure;
begin
  execute format('drop function public.%I(%s)', (select proname from pg_catalog.pg_proc where oid = target),
    pg_get_function_identity_arguments(target));
  execute format('drop function %s', target);
end
$$;
comment on function private.drop_rpc(text) is
  'Drops a published function, such as ''private.get_stream(uuid)'', and its shell in public. For rollbacks.';
