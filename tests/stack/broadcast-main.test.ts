/** The main job: a real push, a real viewer, a clean end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeVideo } from '../../scripts/demo/ffmpeg.ts';
import { readFlv } from '../../scripts/demo/flv.ts';
import {
  anonymousClient,
  awaitSession,
  sessionsOf,
  signUpBroadcaster,
  unwrap,
} from '../support/broadcaster.ts';
import { type LiveStack, startLiveStack } from '../support/live.ts';

let live: LiveStack;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'streambed-player-'));
  live = await startLiveStack({ graceSeconds: 1 });
});
afterAll(async () => {
  await live?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a pushed stream is seen live, plays, and ends', async () => {
  const { stack, sql, encoder } = live;
  const broadcaster = await signUpBroadcaster(stack);
  const stream = await broadcaster.createStream();
  const viewer = anonymousClient(stack);
  const seen = async () =>
    unwrap(await viewer.from('streams').select('status, is_live').eq('id', stream.id).single());
  expect(await seen()).toEqual({ status: 'idle', is_live: false });

  const push = encoder.push(stream.pushUrl);
  const session = await awaitSession(sql, stream.id, ({ status }) => status === 'running');
  expect(await seen()).toEqual({ status: 'live', is_live: true });
  expect(session).toMatchObject({ media_server: 'local', client_ip: '127.0.0.1' });

  const playback = unwrap(await viewer.rpc('get_playback', { stream_id: stream.id }));
  expect(playback.flv_url).toBe(`${stack.config.mediaUrl}/live/${stream.id}.flv`);
  const received = await readFlv(playback.flv_url, 500_000, 30_000);
  const file = join(folder, 'received.flv');
  writeFileSync(file, received);
  await decodeVideo(file);

  await push.stop();
  const ended = await awaitSession(sql, stream.id, ({ status }) => status === 'stopped');
  expect(ended).toMatchObject({ id: session.id, ended_reason: 'disconnected' });
  expect(Number(ended.bytes_in)).toBeGreaterThan(received.length / 2);
  expect(await seen()).toEqual({ status: 'idle', is_live: false });
  expect(await sessionsOf(sql, stream.id)).toHaveLength(1);
});
