/** `npm run demo`: what it shows, and how it says what went wrong. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runDemo, stepsOf } from '../support/demo.ts';
import { type LiveStack, startLiveStack } from '../support/live.ts';

let live: LiveStack;
beforeAll(async () => {
  live = await startLiveStack({ graceSeconds: 1 });
});
afterAll(() => live?.close());

test('with a stack, every step works and is shown with its time', async () => {
  const { code, output } = await runDemo(live.stack.env, []);
  expect(code, output).toBe(0);
  expect(stepsOf(output)).toEqual([
    'made a 20-second H.264/AAC video',
    expect.stringMatching(/^signed up demo-\w+@example\.com$/),
    expect.stringMatching(/^created a stream [0-9a-f-]{36}$/),
    'an anonymous viewer sees it live',
    expect.stringMatching(/^asked where to play it http:.+\.flv$/),
    expect.stringMatching(/^read and played \d{7,} bytes of FLV$/),
    'stopped the push, and the viewer sees the end',
  ]);
});

test('a step that fails is named, with the reason and without the key', async () => {
  const { sql } = live;
  const allow = (count: number) => sql`
    update private.settings set value = ${sql.json(count)} where key = 'default_streams_allowed'`;
  await allow(0);
  try {
    const { code, output } = await runDemo(live.stack.env, []);
    expect(code).toBe(1);
    expect(output).toContain('failed: an anonymous viewer sees it live');
    expect(output).toContain('stream_limit_reached');
    expect(output).not.toMatch(/key=[0-9a-f]/);
  } finally {
    await allow(1);
  }
});

test('without a stack it says how to start one', async () => {
  const { code, output } = await runDemo({ ...live.stack.env, STREAMBED_PORT_API: '1' }, []);
  expect(code).toBe(1);
  expect(output).toMatch(/No stack is running at \S+\. Start one .*npm start/);
});

test('a story that there is not is refused with those that there are', async () => {
  const { code, output } = await runDemo(live.stack.env, ['juggling']);
  expect(code).toBe(1);
  expect(output).toContain('There is no demo "juggling". Choose one of: broadcast, restream.');
});
