/** The product's topics and rows as browsers see them: who hears that a stream starts, and who does not. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { startRealtime, type TestRealtime } from '../support/realtime.ts';
import { beginIngest, type TestStream } from '../support/streams.ts';

let realtime: TestRealtime;
let browser: TestBrowser;
let owner: Page;
let stranger: Page;
let anonymous: Page;
let ownerId: string;

/** Signs up elsewhere, and signs in on a page. */
async function signedIn(): Promise<[page: Page, id: string]> {
  const { email, password, id } = await realtime.gateway.signUp();
  const page = await browser.open(realtime.gateway);
  const signIn = ([email, password]: readonly [string, string]) => client.signIn(email, password);
  expect(await page.evaluate(signIn, [email, password] as const)).toBe(id);
  return [page, id];
}

beforeAll(async () => {
  browser = await startBrowser();
  realtime = await startRealtime({ content: 'product' });
  await realtime.gateway.sql`
    update private.settings set value = '100' where key = 'default_streams_allowed'`;
  [owner, ownerId] = await signedIn();
  [stranger] = await signedIn();
  anonymous = await browser.open(realtime.gateway);
});
afterAll(async () => {
  await browser?.close();
  await realtime?.stop();
});

/** The owner's page makes a stream, as an application would. */
async function createStream(visibility: 'public' | 'private'): Promise<TestStream> {
  const made = await owner.evaluate(
    (visibility) => client.rpc('create_stream', { title: 'Mine', visibility }),
    visibility,
  );
  const streamKey: string = made.stream_key;
  return { id: made.stream.id, streamKey, key: streamKey.split('?key=')[1] as string };
}

async function goLive(stream: TestStream): Promise<string> {
  const answer = await beginIngest(realtime.gateway.sql, stream);
  expect(answer).toMatchObject({ admitted: true });
  return answer.session_id as string;
}

const join = (page: Page, topic: string) =>
  page.evaluate((topic) => client.join(topic, { isPrivate: true }), topic);

/** What a page has heard on a topic, once there is something. */
async function heard(page: Page, topic: string, event: string) {
  const found = await page.waitForFunction(
    ([topic, event]) => client.heard(topic).find((message) => message.event === event),
    [topic, event] as const,
  );
  return (await found.jsonValue())?.payload;
}

const refusal = (topic: string) =>
  `CHANNEL_ERROR Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`;

test('a public stream tells everybody that it starts, and how many watch', async () => {
  const stream = await createStream('public');
  const topic = `stream:${stream.id}`;
  for (const page of [owner, stranger, anonymous])
    expect(await join(page, topic)).toBe('SUBSCRIBED');
  const { sql } = realtime.gateway;
  const session_id = await goLive(stream);
  const sample = {
    ...{ stream_id: stream.id, session_id, at_ms: Date.now() },
    ...{ viewers: 7, peak: 9, uniques: 11, viewer_seconds: 70 },
  };
  await sql`select public.record_viewers(${sql.json([sample] as never)})`;
  for (const page of [owner, stranger, anonymous]) {
    expect(await heard(page, topic, 'status')).toMatchObject({
      ...{ type: 'StreamStarted', status: 'live', is_live: true, ended_at: null },
    });
    expect(await heard(page, topic, 'viewers')).toMatchObject({ viewer_count: 7, peak_viewers: 9 });
  }
});

test('a private stream tells its owner alone', async () => {
  const stream = await createStream('private');
  const topic = `stream:${stream.id}`;
  expect(await join(owner, topic)).toBe('SUBSCRIBED');
  expect(await join(stranger, topic)).toBe(refusal(topic));
  expect(await join(anonymous, topic)).toBe(refusal(topic));
  await goLive(stream);
  expect(await heard(owner, topic, 'status')).toMatchObject({ type: 'StreamStarted' });
  for (const page of [stranger, anonymous]) {
    expect(await page.evaluate((topic) => client.heard(topic), topic)).toEqual([]);
    await page.evaluate((topic) => client.leave(topic), topic);
  }
});

test('a user’s own topic is that user’s alone', async () => {
  const topic = `user:${ownerId}`;
  expect(await join(owner, topic)).toBe('SUBSCRIBED');
  for (const page of [stranger, anonymous]) {
    expect(await join(page, topic)).toBe(refusal(topic));
    await page.evaluate((topic) => client.leave(topic), topic);
  }
  const stream = await createStream('private');
  await goLive(stream);
  expect(await heard(owner, topic, 'SessionStarted')).toMatchObject({
    stream_id: stream.id,
    type: 'SessionStarted',
    version: 1,
  });
});

test('rows of streams reach the pages whose user may see them', async () => {
  const hidden = await createStream('private');
  const shown = await createStream('public');
  for (const page of [owner, stranger, anonymous]) {
    const watch = () => client.join('rows', { table: 'streams' });
    expect(await page.evaluate(watch)).toBe('SUBSCRIBED');
  }
  for (const stream of [hidden, shown]) await goLive(stream);
  const live = async (page: Page) => {
    const isLive = (id: string) =>
      client.rows('rows').some(({ row }) => row.id === id && row.status === 'live');
    await page.waitForFunction(isLive, shown.id);
    const rows = await page.evaluate(() => client.rows('rows'));
    return rows.filter(({ row }) => row.status === 'live').map(({ row }) => row.id);
  };
  expect(await live(owner)).toEqual([hidden.id, shown.id]);
  expect(await live(stranger)).toEqual([shown.id]);
  expect(await live(anonymous)).toEqual([shown.id]);
});
