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

test('who tells the same of itself again changes nothing', async () => {
  const ann = await enter('same', 'ann');
  const bob = await enter('same', 'bob');
  const refOf = ({ channel }: Listener) => channel.presenceState().ann?.[0]?.presence_ref;
  await ann.channel.track({ mood: 'fine' });
  await bob.until(() => refOf(bob) !== undefined);
  expect(await ann.channel.track({ mood: 'fine' })).toBe('ok');
  const cleo = await enter('same', 'cleo');
  await cleo.until(() => refOf(cleo) !== undefined);
  expect(refOf(cleo)).toBe(refOf(bob));
});

test('nobody tells a ref of its own, and a key may be any text', async () => {
  const ann = await enter('refs', '__proto__"]}');
  const bob = await enter('refs', 'bob');
  await ann.channel.track({ phx_ref: 'mine', phx_ref_prev: 'mine', mood: 'fine' });
  await bob.until(() => present(bob).length === 1);
  const [presence] = Object.values(bob.channel.presenceState()).flat();
  expect(presence).toMatchObject({ mood: 'fine' });
  expect(JSON.stringify(presence)).not.toContain('mine');
});

/** Tracks, and tells what the service says when it ends the channel. */
async function endOf(listener: Listener, payload: object): Promise<string[]> {
  const said: string[] = [];
  listener.channel.on('system', {}, ({ message }) => said.push(message));
  void listener.channel.track(payload as Record<string, unknown>);
  await listener.until(() => listener.states.includes('CLOSED'));
  return said;
}

test('who tells too much of itself loses the channel, and nobody hears it', async () => {
  const ann = await enter('long', 'ann');
  const bob = await enter('long', 'bob');
  expect(await endOf(ann, { text: 'x'.repeat(2_900_000) })).toEqual([
    'Track message size exceeded',
  ]);
  expect(await endOf(await enter('long', 'x'.repeat(70_000)), {})).toEqual([
    'Track message size exceeded',
  ]);
  expect(await bob.channel.track({ text: 'x'.repeat(60_000) })).toBe('ok');
  await bob.until(() => present(bob).length > 0);
  expect(present(bob)).toEqual(['bob']);
  await bob.channel.unsubscribe();
});

test('what one address tells of itself is bounded in all, and frees what it takes back', async () => {
  const text = 'x'.repeat(60_000);
  const client = realtime.gateway.anon();
  const told: Listener[] = [];
  for (let n = 0; n < 8; n += 1) {
    const config = { config: { presence: { key: `${n}`, enabled: true } } };
    const one = await listen(client, `crowd ${n}`, config);
    expect(await one.channel.track({ text })).toBe('ok');
    told.push(one);
  }
  expect(await endOf(await enter('crowd', 'ann'), { text })).toEqual([
    'Track message size exceeded',
  ]);
  await told[0]?.channel.untrack();
  const later = await enter('crowd', 'bob');
  expect(await later.channel.track({ text })).toBe('ok');
  for (const { channel } of [...told, later]) await channel.unsubscribe();
  const last = await enter('crowd', 'cleo');
  expect(await last.channel.track({ text })).toBe('ok');
});
