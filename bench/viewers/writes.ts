import type { Post } from '../support/http-lane.ts';
import type { Crowd } from './crowd.ts';
import type { Options } from './options.ts';
export async function measureWrites(crowd: Crowd, options: Options): Promise<Post[]> {
  const start = performance.now();
  const beats = await crowd.join(options.viewers);
  console.log(`${options.viewers} joined in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return beats;
}
