/** Who may play: by HTTP-FLV, WebSocket and RTMP alike. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFfmpeg } from '../../scripts/demo/ffmpeg.ts';
import { readFlv } from '../../scripts/demo/flv.ts';
import {
  anonymousClient,
  awaitSession,
  type OwnStream,
  signUpBroadcaster,
  unwrap,
} from '../support/broadcaster.ts';
import { type LiveStack, startLiveStack } from '../support/live.ts';

const FORGED = `${Math.floor(Date.now() / 1000) + 600}.${'0'.repeat(64)}`;

let live: LiveStack;
let hidden: OwnStream;
let open: OwnStream;
let token: string;
beforeAll(async () => {
  live = await startLiveStack();
  const { stack, sql, encoder } = live;
  const owner = await signUpBroadcaster(stack);
  hidden = await owner.createStream('private');
  open = await (await signUpBroadcaster(stack)).createStream('public');
  for (const { id, pushUrl } of [hidden, open]) {
    encoder.push(pushUrl);
    await awaitSession(sql, id, ({ status }) => status === 'running');
  }
  const playback = unwrap(await owner.client.rpc('get_playback', { stream_id: hidden.id }));
  token = new URL(playback.flv_url).searchParams.get('token') ?? '';
});
afterAll(() => live?.close());

const flv = (id: string) => `${live.stack.config.mediaUrl}/live/${id}.flv`;

test('the owner’s playback URL plays a private stream', async () => {
  const bytes = await readFlv(`${flv(hidden.id)}?token=${token}`, 50_000, 30_000);
  expect(bytes.subarray(0, 3).toString()).toBe('FLV');
});

test('without, or with a forged or foreign token, a private stream is refused', async () => {
  for (const [query, status, details] of [
    ['', 404, 'stream_not_found'],
    [`?token=${FORGED}`, 403, 'playback_token_invalid'],
    [`?token=${token}0`, 403, 'playback_token_invalid'],
    [`?key=${hidden.key}`, 404, 'stream_not_found'],
  ] as const) {
    const answer = await fetch(`${flv(hidden.id)}${query}`);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ details, hint: expect.any(String) });
  }
});

test('nobody but the owner is told where a private stream plays', async () => {
  const { stack } = live;
  const { client: stranger } = await signUpBroadcaster(stack);
  for (const client of [anonymousClient(stack), stranger]) {
    const { error } = await client.rpc('get_playback', { stream_id: hidden.id });
    expect(error).toMatchObject({ code: 'PT404', details: 'stream_not_found' });
  }
});

describe('over WebSocket', () => {
  const connect = (path: string, protocols?: string) => {
    const socket = new WebSocket(path.replace(/^http/, 'ws'), protocols);
    const opened = Promise.race([
      once(socket, 'open').then(() => true),
      once(socket, 'error').then(() => false),
    ]);
    return opened.finally(() => socket.close());
  };

  test('a public stream opens, a private one only with its token', async () => {
    expect(await connect(flv(open.id))).toBe(true);
    expect(await connect(flv(hidden.id))).toBe(false);
    expect(await connect(`${flv(hidden.id)}?token=${token}`)).toBe(true);
  });

  test('nobody publishes', async () => {
    expect(await connect(`${flv(open.id)}?key=${open.key}`, 'publisher')).toBe(false);
  });
});

describe('over RTMP', () => {
  const play = async (path: string) => {
    const url = `${live.stack.config.rtmpUrl}/${path}`;
    return await runFfmpeg(['-i', url, '-t', '1', '-f', 'null', '-']).ended;
  };

  test('a public stream plays, a private one only with its token', async () => {
    expect((await play(open.id)).code).toBe(0);
    expect((await play(hidden.id)).said).toContain('stream_not_found');
    expect((await play(`${hidden.id}?token=${token}`)).code).toBe(0);
  });
});

test('the media server has no other pages, and nothing can be pushed to it by HTTP', async () => {
  const { mediaUrl } = live.stack.config;
  for (const path of ['/', '/admin/', '/api/v1/streams', '/api/v1/login', '/other/x.flv']) {
    expect((await fetch(mediaUrl + path)).status, path).toBe(404);
  }
  const push = await fetch(`${flv(open.id)}?key=${open.key}`, { method: 'POST', body: 'FLV' });
  expect(push.status).toBe(405);
});
