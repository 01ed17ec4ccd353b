/** `npm run demo -- restream`: a real worker of a real stack pushes a real video. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runDemo, stepsOf } from '../support/demo.ts';
import { startStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

test('every step works, and no key is shown', async () => {
  const { code, output } = await runDemo(stack.env, ['restream']);
  expect(code, output).toBe(0);
  expect(stepsOf(output)).toEqual([
    'made a 20-second H.264/AAC video',
    expect.stringMatching(/^signed up demo-\w+@example\.com$/),
    'got a package for several streams',
    expect.stringMatching(/^uploaded the video videos\/[0-9a-f-]{36}\/demo\.mp4$/),
    expect.stringMatching(/^created the stream that is pushed to [0-9a-f-]{36}$/),
    expect.stringMatching(/^asked for a restream to rtmp:\/\/127\.0\.0\.1:\d+\/live\/\*{4}$/),
    'an admin approved it',
    'started it starting',
    'a worker pushes it',
    'an anonymous viewer sees it live',
    expect.stringMatching(/^read and played \d{7,} bytes of FLV$/),
    expect.stringMatching(/^the worker reported [\d.]+ kbit\/s, [\d.]+ fps, speed [\d.]+$/),
    'asked it to stop stopping',
    'the worker stopped it',
  ]);
  expect(output).not.toMatch(/key=[0-9a-f]/);
});
