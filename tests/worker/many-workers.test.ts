/** Several workers on one queue. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RestreamPlace } from '../support/restream-place.ts';

let place: RestreamPlace;
beforeAll(async () => {
  place = await RestreamPlace.create(3);
});
afterAll(() => place?.close());

test('twelve sessions over three workers: each is pushed once', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `video-${index + 1}`);
  const ids = await Promise.all(names.map((name) => place.request(name)));
  const workers = await Promise.all(
    ['a', 'b', 'c'].map((id) => place.workers.start(id, { WORKER_CAPACITY: '2' })),
  );
  for (const id of ids) {
    expect(await place.awaitStatus(id, 'stopped')).toMatchObject({ ended_reason: 'finished' });
  }
  for (const name of names) expect(place.sink.pushesOf(name), name).toHaveLength(1);
  for (const { output } of workers) expect(output).toContain('claimed');
});
