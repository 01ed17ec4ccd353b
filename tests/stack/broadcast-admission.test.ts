/** Who may not publish hears why from the media server itself, and whoever publishes stays. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { awaitSession, sessionsOf, signUpBroadcaster } from '../support/broadcaster.ts';
import { type LiveStack, startLiveStack } from '../support/live.ts';

let live: LiveStack;
beforeAll(async () => {
  live = await startLiveStack();
});
afterAll(() => live?.close());

test('a second encoder with the same key is refused, the first goes on', async () => {
  const { stack, sql, encoder } = live;
  const stream = await (await signUpBroadcaster(stack)).createStream();
  const first = encoder.push(stream.pushUrl);
  const session = await awaitSession(sql, stream.id, ({ status }) => status === 'running');

  const { code, said } = await encoder.pushRefused(stream.pushUrl);
  expect(code).not.toBe(0);
  expect(said).toContain('stream_already_live');
  expect(await sessionsOf(sql, stream.id)).toMatchObject([
    { id: session.id, publisher_id: session.publisher_id, disconnected_at: null },
  ]);
  await first.stop();
});

test('a second stream of a broadcaster who may run one is refused with the numbers', async () => {
  const { stack, sql, encoder } = live;
  const broadcaster = await signUpBroadcaster(stack);
  const [one, two] = [await broadcaster.createStream(), await broadcaster.createStream()];
  const first = encoder.push(one.pushUrl);
  await awaitSession(sql, one.id, ({ status }) => status === 'running');

  const { code, said } = await encoder.pushRefused(two.pushUrl);
  expect(code).not.toBe(0);
  expect(said).toMatch(/stream_limit_reached: 1 of 1/);
  expect(await sessionsOf(sql, two.id)).toEqual([]);
  await first.stop();
});

test('a wrong key, no key and a stream that is none are refused', async () => {
  const { stack, sql, encoder } = live;
  const stream = await (await signUpBroadcaster(stack)).createStream();
  const { rtmpUrl } = stack.config;
  for (const url of [
    stream.pushUrl.replace(/.{4}$/, '0000'),
    `${rtmpUrl}/${stream.id}`,
    `${rtmpUrl}/00000000-0000-4000-8000-000000000000?key=${stream.key}`,
  ]) {
    const { code, said } = await encoder.pushRefused(url);
    expect(code).not.toBe(0);
    expect(said).toContain('stream_key_invalid');
  }
  for (const url of [`${rtmpUrl}/${stream.key}`, stream.pushUrl.replace('/live/', '/other/')]) {
    expect((await encoder.pushRefused(url)).said).toContain('stream_name_invalid');
  }
  expect(await sessionsOf(sql, stream.id)).toEqual([]);
});
