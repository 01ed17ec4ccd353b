import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { beginIngest, createStream } from '../support/streams.ts';

const LIMIT = 3;
const PUBLISHERS = 40;

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

test('40 publishes at once on 40 connections against a limit of 3 admit exactly 3, five times over', async () => {
  const owner = await db.createUser();
  await db.asAdmin((sql) => sql`select public.set_user_package(${owner.id}, 'creator')`);
  const streams = await Promise.all(
    Array.from({ length: PUBLISHERS }, () => createStream(db, owner.id)),
  );
  const connections = await db.connect(PUBLISHERS, 'postgres');
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(
      streams.map((stream, i) =>
        beginIngest(connections[i] as never, stream, { publisher: `${round}-${i}` }),
      ),
    );
    expect(answers.filter(({ admitted }) => admitted)).toHaveLength(LIMIT);
    expect(answers.filter(({ code }) => code === 'stream_limit_reached')).toHaveLength(
      PUBLISHERS - LIMIT,
    );
    const [user] = await db.sql`select streams_active from public.users where id = ${owner.id}`;
    expect(user?.streams_active).toBe(LIMIT);
    await db.sql`update public.stream_sessions set status = 'stopped' where is_active`;
  }
});

test('20 publishes at once to one stream admit exactly one', async () => {
  const stream = await createStream(db, (await db.createUser()).id);
  const connections = await db.connect(20, 'postgres');
  const answers = await Promise.all(connections.map((sql) => beginIngest(sql, stream)));
  expect(answers.filter(({ admitted }) => admitted)).toHaveLength(1);
  expect(answers.filter(({ code }) => code === 'stream_already_live')).toHaveLength(19);
});

test('20 times the same question at once is one session and one answer', async () => {
  const stream = await createStream(db, (await db.createUser()).id);
  const connections = await db.connect(20, 'postgres');
  const answers = await Promise.all(
    connections.map((sql) => beginIngest(sql, stream, { publisher: 'same' })),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]?.admitted).toBe(true);
  expect(
    await db.sql`select from public.stream_sessions where stream_id = ${stream.id}`,
  ).toHaveLength(1);
});

test('publishing while the key is rotated, the stream disabled or deleted never leaves a live session behind', async () => {
  const [ingest, owner] = await db.connect(2, 'postgres');
  for (const verb of ['disable_stream', 'delete_stream'] as const) {
    for (let round = 0; round < 20; round++) {
      const stream = await createStream(db, (await db.createUser()).id);
      await Promise.all([
        beginIngest(ingest as never, stream),
        owner?.unsafe(`select public.${verb}('${stream.id}')`),
      ]);
      expect(
        await db.sql`select from public.stream_sessions where stream_id = ${stream.id} and is_active`,
      ).toHaveLength(0);
    }
  }
});
