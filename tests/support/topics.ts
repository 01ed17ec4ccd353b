/** Who may join a Realtime topic, as its policies say. */
import type { Act, TestDatabase } from './database.ts';

/**
 * Asks as Realtime does at a join: whether somebody sees a message of the topic.
 *
 * @param act who asks: `db.as(user)`, `db.asAnon`, `db.asAdmin`
 * @param extension what of the topic: `broadcast` or `presence`
 */
export async function mayJoin(
  { superuser }: TestDatabase,
  act: Act,
  topic: string,
  extension = 'broadcast',
): Promise<boolean> {
  await superuser`
    insert into realtime.messages (topic, extension, private) values (${topic}, ${extension}, true)`;
  const seen = await act(async (sql) => {
    await sql`select set_config('realtime.topic', ${topic}, true)`;
    return sql`select from realtime.messages where topic = ${topic} and extension = ${extension}`;
  });
  return seen.length > 0;
}
