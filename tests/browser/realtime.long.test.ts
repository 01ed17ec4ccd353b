/** Realtime as browsers use it: supabase-js in Chromium, from another origin than the gateway's. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { startRealtime, type TestRealtime } from '../support/realtime.ts';

let realtime: TestRealtime;
let browser: TestBrowser;
let ann: Page;
let bob: Page;

beforeAll(async () => {
  browser = await startBrowser();
  realtime = await startRealtime({ content: 'product' });
  ann = await browser.open(realtime.gateway);
  bob = await browser.open(realtime.gateway);
});
afterAll(async () => {
  await browser?.close();
  await realtime?.stop();
});

const present = (page: Page, keys: readonly string[]) =>
  page.waitForFunction((wanted) => client.present('room').join() === wanted, keys.join());

test('what one page sends, another hears, and it does not', async () => {
  for (const page of [ann, bob]) {
    expect(await page.evaluate(() => client.join('talk'))).toBe('SUBSCRIBED');
  }
  expect(await ann.evaluate(() => client.send('talk', 'said', { word: 'hello' }))).toBe('ok');
  expect(await bob.evaluate(() => client.send('talk', 'said', { word: 'hi' }))).toBe('ok');
  const heardBy = async (page: Page) => {
    await page.waitForFunction(() => client.heard('talk').length > 0);
    return page.evaluate(() => client.heard('talk'));
  };
  expect(await heardBy(bob)).toEqual([{ event: 'said', payload: { word: 'hello' } }]);
  expect(await heardBy(ann)).toEqual([{ event: 'said', payload: { word: 'hi' } }]);
});

test('who is present is seen; who leaves, closes the page or crashes is gone', async () => {
  const cleo = await browser.open(realtime.gateway);
  const dan = await browser.open(realtime.gateway);
  const names = new Map([
    [ann, 'ann'],
    [bob, 'bob'],
    [cleo, 'cleo'],
    [dan, 'dan'],
  ]);
  for (const [page, key] of names) {
    await page.evaluate((key) => client.join('room', { key }), key);
    expect(await page.evaluate(() => client.track('room', { here: true }))).toBe('ok');
  }
  for (const page of names.keys()) await present(page, ['ann', 'bob', 'cleo', 'dan']);
  await cleo.close();
  await present(ann, ['ann', 'bob', 'dan']);
  const crashed = dan.waitForEvent('crash');
  await Promise.race([crashed, dan.goto('chrome://crash').catch(() => crashed)]);
  await present(ann, ['ann', 'bob']);
  await bob.evaluate(() => client.leave('room'));
  await present(ann, ['ann']);
});

test('a killed browser leaves no ghost', async () => {
  const other = await startBrowser();
  const page = await other.open(realtime.gateway);
  await page.evaluate(() => client.join('hall', { key: 'ghost' }));
  await page.evaluate(() => client.track('hall', {}));
  await ann.evaluate(() => client.join('hall', { key: 'ann' }));
  await ann.waitForFunction(() => client.present('hall').includes('ghost'));
  await other.kill();
  await ann.waitForFunction(() => !client.present('hall').includes('ghost'));
});

test('a page comes back when Realtime was killed, and hears what it missed', async () => {
  const { sql } = realtime.gateway;
  const say = (n: number) =>
    sql`select realtime.send(jsonb_build_object('n', ${n}::int), 'said', 'news', false)`;
  expect(await ann.evaluate(() => client.join('news'))).toBe('SUBSCRIBED');
  await say(1);
  await ann.waitForFunction(() => client.heard('news').length === 1);
  await realtime.end('SIGKILL');
  await say(2);
  await realtime.start();
  await ann.waitForFunction(() => client.heard('news').some(({ payload }) => payload.n === 2));
  await say(3);
  await ann.waitForFunction(() => client.heard('news').some(({ payload }) => payload.n === 3));
  const heard = await ann.evaluate(() => client.heard('news').map(({ payload }) => payload.n));
  expect([...new Set(heard)]).toEqual([1, 2, 3]);
});
