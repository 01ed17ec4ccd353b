-- Events: personal data in an append-only log. What a trigger names as personal is encrypted with a key of the user
-- whose history it belongs to; in its place stands "erased". Throwing the key away erases it everywhere at once: in
-- the log, in snapshots, in archived partitions. The chain of hashes is over what is stored, so it holds all the time.

create table private.personal_keys (
  user_id uuid primary key,
  key bytea,
  erased_at timestamptz,
  check ((key is null) = (erased_at is not null))
);
comment on table private.personal_keys is
  'The key of each user whose events hold personal data. It is thrown away when the account goes; the row stays, so '
  'that no new one is made.';
comment on column private.personal_keys.key is 'AES-256; null: erased.';

create function private.provide_personal_key(owner_id uuid)
returns bytea
language plpgsql
security definer
set search_path = ''
as $$
declare
  known private.personal_keys;
begin
  select * into known from private.personal_keys where user_id = owner_id;
  if not found and owner_id is not null then
    insert into private.personal_keys (user_id, key) values (owner_id, extensions.gen_random_bytes(32))
    on conflict (user_id) do update set user_id = excluded.user_id -- so that the row of whoever was faster is returned
    returning * into known;
  end if;
  return known.key;
end
$$;
comment on function private.provide_personal_key(uuid) is
  'A user''s key, made at the first need; null once it was thrown away, and for nobody.';

create function private.pick_keys(object jsonb, names text[])
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (select jsonb_object_agg(key, value) from jsonb_each(object) where key = any (names) and value <> 'null');
end
$$;
comment on function private.pick_keys(jsonb, text[]) is
  'Those members of an object that have one of the names and a value.';

create function private.merge_data(event_data jsonb, addition jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
declare
  merged jsonb := event_data || addition;
  part text;
begin
  foreach part in array array['old', 'new'] loop
    if addition ? part then
      merged := jsonb_set(merged, array[part], (event_data -> part) || (addition -> part));
    end if;
  end loop;
  return merged;
end
$$;
comment on function private.merge_data(jsonb, jsonb) is 'Event data with other values in it, also within old and new.';

create function private.encrypt_personal(personal jsonb, owner_id uuid)
returns bytea
language plpgsql
set search_path = ''
as $$
declare
  key bytea;
  nonce bytea;
begin
  if personal is null or personal = '{}' then
    return null;
  end if;
  key := private.provide_personal_key(owner_id);
  nonce := extensions.gen_random_bytes(16);
  return nonce || extensions.encrypt_iv(convert_to(personal::text, 'utf8'), key, nonce, 'aes-cbc');
end
$$;
comment on function private.encrypt_personal(jsonb, uuid) is
  'Values encrypted with a user''s key, AES-256-CBC, after the 16 bytes of the initialization vector; null for none, '
  'and without a key.';

create type private.sealed_data as (event_data jsonb, personal bytea);
comment on type private.sealed_data is
  'Event data as it is stored: with "erased" where personal values were, and those, encrypted.';

create function private.seal(event_data jsonb, names text[], owner_id uuid)
returns private.sealed_data
language plpgsql
security definer
set search_path = ''
as $$
declare
  old_values jsonb := private.pick_keys(nullif(event_data -> 'old', 'null'), names);
  new_values jsonb := private.pick_keys(nullif(event_data -> 'new', 'null'), names);
  picked jsonb := coalesce(private.pick_keys(event_data, names), '{}')
    || case when old_values is null then '{}' else jsonb_build_object('old', old_values) end
    || case when new_values is null then '{}' else jsonb_build_object('new', new_values) end;
begin
  if picked = '{}' then
    return row(event_data, null)::private.sealed_data;
  end if;
  return row(private.merge_data(event_data, private.erase_values(picked)), private.encrypt_personal(picked, owner_id))
    ::private.sealed_data;
end
$$;
comment on function private.seal(jsonb, text[], uuid) is
  'Event data whose members of these names, in itself and in its old and new, are encrypted with the owner''s key. '
  'Without a key they are not stored at all.';

create function private.erase_values(picked jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (select jsonb_object_agg(key, case when key in ('old', 'new') and jsonb_typeof(value) = 'object'
    then (select jsonb_object_agg(member, 'erased') from jsonb_object_keys(value) as member)
    else '"erased"' end) from jsonb_each(picked));
end
$$;
comment on function private.erase_values(jsonb) is 'Event data with "erased" for each value, also within old and new.';

create function private.open_sealed(personal bytea, owner_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  known_key bytea := (select key from private.personal_keys where user_id = owner_id);
begin
  return convert_from(
    extensions.decrypt_iv(substring(personal, 17), known_key, substring(personal, 1, 16), 'aes-cbc'), 'utf8')::jsonb;
end
$$;
comment on function private.open_sealed(bytea, uuid) is
  'What was encrypted; null once the owner''s key was thrown away.';

create function private.reveal(event_data jsonb, personal bytea, owner_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(private.merge_data(event_data, private.open_sealed(personal, owner_id)), event_data);
end
$$;
comment on function private.reveal(jsonb, bytea, uuid) is
  'Event data with its personal values, or with "erased" in their place once the owner''s key was thrown away.';

create function private.erase_personal_events(user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into private.personal_keys as known (user_id, erased_at) values (erase_personal_events.user_id, now())
  on conflict on constraint personal_keys_pkey do update set key = null, erased_at = now() where known.key is not null;
end
$$;
comment on function private.erase_personal_events(uuid) is
  'Throws a user''s key away: their personal data in events is erased, and later events of theirs store none.';
insert into private.erasures (sql_function) values ('private.erase_personal_events');
