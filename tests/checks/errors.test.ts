/** What functions can refuse with is what their comments and the catalogue say. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compareErrors } from '../../scripts/errors/compare.ts';
import { Reach } from '../../scripts/errors/reach.ts';
import { readErrorSources } from '../../scripts/errors/read.ts';
import { ANSWERED_BY_FUNCTIONS, generateErrors } from '../../scripts/generate-errors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const findings = async () => compareErrors(await readErrorSources(db.url), ANSWERED_BY_FUNCTIONS);

test('nothing is found in the migrated schema', async () => {
  expect(await findings()).toEqual([]);
});

describe('what a planted function can fail with', () => {
  const plant = async (body: string, comment: string) => {
    await db.sql.unsafe(`
      drop function if exists public.planted(text);
      drop function if exists private.planted(text);
      create function private.planted(title text) returns void language plpgsql set search_path = '' as
        $planted$ begin ${body} end $planted$;
      comment on function private.planted(text) is '${comment}';
      select private.publish_rpc('private.planted(text)', 'service_role');`);
    return findings();
  };

  beforeEach(async () => {
    await db.sql`drop table if exists private.planted_rows`;
    await db.sql`drop function if exists private.planted_trigger()`;
  });
  afterAll(() => db.sql.unsafe("select private.drop_rpc('private.planted(text)')"));

  test.each([
    ['itself', "perform private.fail('stream_not_found', 'No.');", 'stream_not_found'],
    [
      'through a check of input',
      "perform private.check_text('title', title, 1, 140);",
      'title_invalid',
    ],
    ['through what it calls', 'perform private.require_admin();', 'admin_required'],
    [
      'through a trigger on what it writes',
      'update public.users set first_name = title;',
      'first_name_invalid',
    ],
  ])('%s has to be named', async (_, body, code) => {
    const missed = await plant(body, 'Planted.');
    expect(missed).toContain(
      `public.planted can fail with ${code}, which its comment does not name`,
    );
    const named = await plant(body, `Planted. Raises ${code}, last_name_invalid.`);
    expect(named.filter((text) => text.includes(code))).toEqual([]);
  });

  test('is not what a trigger on other columns refuses', async () => {
    expect(await plant('update public.users set last_login_at = now();', 'Planted.')).toEqual([]);
  });

  test('is not what stands in a comment of its body', async () => {
    expect(await plant("-- private.fail('stream_not_found', 'No.')\n", 'Planted.')).toEqual([]);
  });

  test('is nothing that a comment names in vain', async () => {
    expect(await plant('', 'Planted. Raises title_invalid.')).toEqual([
      'public.planted cannot fail with title_invalid, which its comment names',
    ]);
  });

  test('is in the catalogue', async () => {
    expect(await plant("perform private.fail('planted_code', 'No.');", 'Planted.')).toEqual([
      'public.planted fails with planted_code, which is not in private.errors: list it there',
    ]);
  });

  test('circles end', async () => {
    await plant('perform public.planted(title);', 'Planted.');
    expect(new Reach(await readErrorSources(db.url)).codesOf('public.planted')).toEqual(new Set());
  });
});

test('a code that nothing fails with, and one with two statuses, are found', async () => {
  await db.sql`insert into private.errors (domain, code, status, hint) values
    ('core', 'planted_code', 404, 'Do this.'), ('core', 'viewer_token_invalid', 404, 'Do this.')`;
  expect(await findings()).toEqual([
    'viewer_token_invalid has one status in private.errors and another in functions',
    'private.errors lists planted_code, which nothing fails with: remove it',
    'private.errors lists viewer_token_invalid, which nothing fails with: remove it',
  ]);
  await db.sql`delete from private.errors where code in ('planted_code', 'viewer_token_invalid')`;
});

test('the page says where a code is met', async () => {
  const page = await generateErrors(db.url);
  expect(page).toMatch(/^\| `last_admin` \| 409 \| .* \| `delete_account`, `set_user_role` \|$/m);
  expect(page).toMatch(/^\| `username_taken` \| 409 \| .* \| writing to `profiles` \|$/m);
  expect(page).toMatch(/^\| `viewer_token_invalid` \| 401 \|/m);
});
