/** Refusals: a code is looked up in the catalogue. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, expectFailure, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

test('a refusal has the status and the hint of its code, whoever meets it', async () => {
  const fail = (as: TestDatabase['asAnon']) =>
    as((sql) => sql`select private.fail('setting_not_found', 'There is no setting "x".')`);
  const expected = {
    status: 404,
    details: 'setting_not_found',
    message: /^There is no setting "x"\.$/,
    hint: /get_settings lists/,
  };
  await expectFailure(fail(db.asAnon), expected);
  await expectFailure(fail(db.asService), expected);
});

test('a code that is in no catalogue is a fault of the server, and says so', async () => {
  await expectFailure(db.sql`select private.fail('planted_code', 'Something.')`, {
    status: 500,
    details: 'planted_code',
    hint: /missing in private\.errors/,
  });
});

test('clients cannot read or write the catalogue', async () => {
  for (const as of [db.asAnon, db.asService]) {
    await expectFailure(
      as((sql) => sql`select * from private.errors`),
      { code: '42501' },
    );
  }
});

test.each([
  ['', 404, 'Do this.'],
  ['Upper', 404, 'Do this.'],
  ['a_code', 200, 'Do this.'],
  ['a_code', 404, ' '],
])('the catalogue refuses the code "%s" with status %i and hint "%s"', async (...entry) => {
  await expectFailure(
    db.sql`insert into private.errors (domain, code, status, hint) values ('probe', ${entry[0]}, ${entry[1]}, ${entry[2]})`,
    { code: '23514' },
  );
});

test('every code says what to do in a sentence', async () => {
  const rows = await db.sql`select code, hint from private.errors where hint !~ '[.)]$'`;
  expect(rows).toEqual([]);
});
