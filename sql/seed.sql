-- Demo data, safe to run twice: three broadcasters and their streams, so that a new client has something to list.
-- They have no password and no stream key: nobody can sign in or publish as them.

insert into auth.users (id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data,
  confirmation_token, recovery_token, email_change, email_change_token_new, created_at, updated_at)
select id::uuid, 'authenticated', 'authenticated', username || '@demo.example', now(), '{}',
  jsonb_build_object('username', username, 'display_name', display_name), '', '', '', '', now(), now()
from (values
  ('de300000-0000-4000-8000-000000000001', 'demo_marta', 'Marta plays'),
  ('de300000-0000-4000-8000-000000000002', 'demo_jules', 'Jules at the piano'),
  ('de300000-0000-4000-8000-000000000003', 'demo_kenji', 'Kenji builds')
) as demo (id, username, display_name)
on conflict do nothing;

insert into public.streams (id, user_id, title, description, category, visibility, settings)
select id::uuid, user_id::uuid, title, description, category, visibility, settings::jsonb
from (values
  ('de310000-0000-4000-8000-000000000001', 'de300000-0000-4000-8000-000000000001', 'Speedrun Saturday',
    'Any%, every Saturday.', 'gaming', 'public', '{"chat_enabled": true}'),
  ('de310000-0000-4000-8000-000000000002', 'de300000-0000-4000-8000-000000000002', 'Nocturnes by request',
    'Ask for one in the chat.', 'music', 'public', '{"record": true, "language": "fr"}'),
  ('de310000-0000-4000-8000-000000000003', 'de300000-0000-4000-8000-000000000002', 'Rehearsal',
    null, 'music', 'unlisted', '{}'),
  ('de310000-0000-4000-8000-000000000004', 'de300000-0000-4000-8000-000000000003', 'A synthesizer from parts',
    'Soldering, live.', 'technology', 'public', '{"low_latency": true}')
) as demo (id, user_id, title, description, category, visibility, settings)
on conflict do nothing;
