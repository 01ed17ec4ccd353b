import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createDatabase,
  expectFailure,
  type TestDatabase,
  type TestUser,
} from '../support/database.ts';
import { createStream, publish, type TestStream } from '../support/streams.ts';

type Visibility = 'public' | 'unlisted' | 'private';

let db: TestDatabase;
let owner: TestUser;
const streams = {} as Record<Visibility, TestStream>;
beforeAll(async () => {
  db = await createDatabase();
  owner = await db.createUser();
  await db.asAdmin((sql) => sql`select public.set_user_package(${owner.id}, 'creator')`);
  for (const visibility of ['public', 'unlisted', 'private'] as const) {
    streams[visibility] = await createStream(db, owner.id, { visibility });
    await publish(db, streams[visibility]);
  }
});
afterAll(() => db.drop());

const playback = async (act: TestDatabase['asAnon'], { id }: TestStream) =>
  (await act((sql) => sql`select to_jsonb(public.get_playback(${id})) as urls`))[0]?.urls;
const asOwner: TestDatabase['asAnon'] = (work, options) => db.asUser(owner.id, work, options);
const authorize = async ({ id }: TestStream, token: string | null = null) =>
  (await db.asService((sql) => sql`select * from public.authorize_play(${id}, ${token})`))[0];
const tokenOf = (url: string) => new URL(url).searchParams.get('token');

describe('get_playback', () => {
  test('a public stream: an address with its id, for everybody, that does not end', async () => {
    const urls = await playback(db.asAnon, streams.public);
    expect(urls).toEqual({
      flv_url: `http://127.0.0.1:8000/live/${streams.public.id}.flv`,
      hls_url: null,
      expires_at: null,
    });
  });

  test('an unlisted stream: for everybody who has the id, with a token that ends', async () => {
    const urls = await playback(db.asAnon, streams.unlisted);
    expect(tokenOf(urls.flv_url)).toMatch(/^\d{10}\.[0-9a-f]{64}$/);
    expect(Date.parse(urls.expires_at)).toBeGreaterThan(Date.now() + 3_500_000);
  });

  test('a private stream: for its owner alone', async () => {
    expect(tokenOf((await playback(asOwner, streams.private)).flv_url)).not.toBeNull();
    const { id } = await db.createUser();
    for (const act of [db.asAnon, ((work) => db.asUser(id, work)) as typeof db.asAnon]) {
      await expectFailure(playback(act, streams.private), {
        status: 404,
        details: 'stream_not_found',
      });
    }
  });

  test('a stream that is not live', async () => {
    const idle = await createStream(db, owner.id);
    await expectFailure(playback(db.asAnon, idle), { status: 409, details: 'stream_not_live' });
  });

  test('no address carries a key', async () => {
    for (const stream of Object.values(streams)) {
      expect(JSON.stringify(await playback(asOwner, stream))).not.toContain(stream.key.slice(0, 8));
    }
  });

  test('templates come from the settings', async () => {
    await db.asAdmin(
      (sql) =>
        sql`select public.set_setting('playback_hls_url', '"https://cdn.example.com/{stream_id}.m3u8"')`,
    );
    const urls = await playback(asOwner, streams.private);
    expect(urls.hls_url).toMatch(`https://cdn.example.com/${streams.private.id}.m3u8?token=`);
  });
});

describe('authorize_play', () => {
  const allowed = { allowed: true, status: null, code: null, message: null, hint: null };

  test('a public stream needs no token', async () => {
    expect(await authorize(streams.public)).toEqual(allowed);
  });

  test.each(['unlisted', 'private'] as const)(
    'an %s stream needs the right one',
    async (visibility) => {
      const token = tokenOf((await playback(asOwner, streams[visibility])).flv_url) ?? '';
      const other = streams[visibility === 'private' ? 'unlisted' : 'private'];
      expect(await authorize(streams[visibility], token)).toEqual(allowed);
      expect(await authorize(streams[visibility])).toMatchObject({
        status: 404,
        code: 'stream_not_found',
      });
      for (const wrong of [
        `${token}0`,
        token.replace(/^\d/, '9'),
        'junk',
        '',
        `9999999999.${'0'.repeat(64)}`,
      ]) {
        expect(await authorize(streams[visibility], wrong), wrong).toMatchObject({
          status: 403,
          code: 'playback_token_invalid',
        });
      }
      expect(await authorize(other, token)).toMatchObject({ code: 'playback_token_invalid' });
    },
  );

  test('a token ends', async () => {
    const [row] =
      await db.sql`select private.sign_playback(${streams.private.id}, extract(epoch from now())::bigint - 1) as token`;
    expect(await authorize(streams.private, row?.token)).toMatchObject({
      code: 'playback_token_invalid',
    });
  });

  test('an unknown or disabled stream is not played', async () => {
    expect(
      await authorize({ id: '00000000-0000-4000-8000-000000000000' } as TestStream),
    ).toMatchObject({ status: 404 });
    await asOwner((sql) => sql`select public.disable_stream(${streams.public.id})`);
    expect(await authorize(streams.public)).toMatchObject({ status: 403, code: 'stream_disabled' });
  });

  test('only the server asks', async () => {
    await expectFailure(
      asOwner((sql) => sql`select public.authorize_play(${streams.public.id})`),
      { code: '42501' },
    );
  });
});
