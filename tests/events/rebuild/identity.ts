import { randomUUID } from 'node:crypto';
import type { TestDatabase, TestUser } from '../../support/database.ts';
import type { DomainHistory, Stage } from '../../support/history.ts';

async function changeAccount({ db, owner }: Stage): Promise<void> {
  const asOwner = db.as(owner);
  await asOwner(
    (sql) =>
      sql`update public.users set first_name = 'Ada', last_name = '"quoted"' where id = ${owner.id}`,
  );
  await asOwner(
    (sql) =>
      sql`update public.profiles set username = 'rebuilt', bio = ${'a\nb'} where id = ${owner.id}`,
  );
  await db.superuser`
    update auth.users set last_sign_in_at = now(), email = 'new@example.com' where id = ${owner.id}`;
}

/** Returns the id of the device's session. */
async function registerDevice(db: TestDatabase, user: TestUser): Promise<string> {
  const sessionId = randomUUID();
  for (const name of ['Laptop', 'Laptop', 'Renamed']) {
    await db.as(user)((sql) => sql`select public.register_device(${name}, 'web')`, {
      claims: { session_id: sessionId },
      headers: { 'x-real-ip': '2001:db8::7' },
    });
  }
  return sessionId;
}

export default {
  aggregates: {
    User: { table: 'public.users', live: ['streams_active'] },
    Profile: { table: 'public.profiles', live: [] },
    UserSession: { table: 'public.user_sessions', live: ['last_seen_at'] },
  },
  async happen(stage) {
    const { db, owner, leaver, remember } = stage;
    await changeAccount(stage);
    const sessionId = await registerDevice(db, owner);
    await registerDevice(db, leaver);
    await remember();
    await db.asAdmin(
      (sql) =>
        sql`select public.set_user_package(${owner.id}, 'creator', now() + interval '1 day')`,
    );
    await db.asAdmin((sql) => sql`select public.set_user_role(${owner.id}, 'moderator')`);
    await db.sql`update public.packages set streams_allowed = 5 where id = 'creator'`;
    await db.asAdmin((sql) => sql`select public.set_setting('default_streams_allowed', '2')`);
    await db.as(owner)((sql) => sql`select public.revoke_session(${sessionId})`);
    await remember();
  },
} satisfies DomainHistory;
