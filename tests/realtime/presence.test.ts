/** Who is there: told to all, and over when a client is gone, however it went. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CallWindow, PRESENCE_CALLS, PRESENCE_WINDOW_MS } from '../../stack/realtime/limits.ts';
import { type Listener, listen, startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
beforeAll(async () => {
  realtime = await startRealtime();
});
afterAll(() => realtime?.stop());

const enter = (topic: string, key: string) =>
  listen(realtime.gateway.anon(), topic, { config: { presence: { key, enabled: true } } });
const present = ({ channel }: Listener) => Object.keys(channel.presenceState()).sort();

test('everybody sees who tracks, with what they tell of themselves', async () => {
  const ann = await enter('desk', 'ann');
  const bob = await enter('desk', 'bob');
  expect(await ann.channel.track({ mood: 'fine' })).toBe('ok');
  expect(await bob.channel.track({ mood: 'tired' })).toBe('ok');
  for (const listener of [ann, bob]) await listener.until(() => present(listener).length === 2);
  expect(bob.channel.presenceState()).toMatchObject({
    ann: [{ mood: 'fine' }],
    bob: [{ mood: 'tired' }],
  });
  const cleo = await enter('desk', 'cleo');
  await cleo.until(() => present(cleo).length === 2);
});

test('tracking anew replaces, untracking removes', async () => {
  const ann = await enter('chair', 'ann');
  const bob = await enter('chair', 'bob');
  const moods = () =>
    (bob.channel.presenceState().ann ?? []).map((meta) => 'mood' in meta && meta.mood);
  await ann.channel.track({ mood: 'fine' });
  await bob.until(() => moods().includes('fine'));
  await ann.channel.track({ mood: 'tired' });
  await bob.until(() => moods().includes('tired'));
  expect(moods()).toEqual(['tired']);
  expect(await ann.channel.untrack()).toBe('ok');
  await bob.until(() => present(bob).length === 0);
});

test('the sixth change within half a minute closes the channel, and nobody else’s', async () => {
  const ann = await enter('rush', 'ann');
  const bob = await enter('rush', 'bob');
  const said: string[] = [];
  ann.channel.on('system', {}, ({ message }) => said.push(message));
  for (const n of [1, 2, 3, 4]) expect(await ann.channel.track({ n })).toBe('ok');
  expect(await ann.channel.untrack()).toBe('ok');
  await bob.channel.track({});
  void ann.channel.track({ n: 6 });
  await ann.until(() => ann.states.includes('CLOSED'));
  expect(said).toEqual(['Client presence rate limit exceeded']);
  await bob.until(() => present(bob).join() === 'bob');
  expect(await bob.channel.untrack()).toBe('ok');
  expect(bob.states).toEqual(['SUBSCRIBED']);
});

test('after half a minute there are five changes more', () => {
  const calls = new CallWindow(PRESENCE_CALLS, PRESENCE_WINDOW_MS);
  const takeSix = (at: number) => Array.from({ length: 6 }, () => calls.take(at));
  expect(takeSix(0)).toEqual([true, true, true, true, true, false]);
  expect(calls.take(PRESENCE_WINDOW_MS)).toBe(false);
  expect(takeSix(PRESENCE_WINDOW_MS + 1)).toEqual([true, true, true, true, true, false]);
});

test('who leaves is gone', async () => {
  const ann = await enter('door', 'ann');
  const bob = await enter('door', 'bob');
  await ann.channel.track({});
  await bob.until(() => present(bob).length === 1);
  await ann.channel.unsubscribe();
  await bob.until(() => present(bob).length === 0);
});
