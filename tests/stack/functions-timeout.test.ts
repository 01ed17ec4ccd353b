/** A function that never answers, in a host that waits a second instead of hosted Supabase's 150. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ROOT } from '../../lib/root.ts';
import { functionsService } from '../../stack/functions.ts';
import { loadKeys } from '../../stack/keys.ts';
import { LogFile } from '../../stack/supervisor/log-file.ts';
import { ServiceProcess } from '../../stack/supervisor/service-process.ts';
import { createStackPlace, type StackPlace } from '../support/stack-place.ts';
import { signToken } from '../support/tokens.ts';

let place: StackPlace;
let host: ServiceProcess;
beforeAll(async () => {
  vi.stubEnv('STREAMBED_MORE_FUNCTIONS', join(ROOT, 'tests/stack/fixtures/functions'));
  place = await createStackPlace();
  const log = new LogFile(join(place.config.dataDir, 'functions.log'));
  const hooks = { log, say: () => {}, onChange: () => {} };
  host = new ServiceProcess(functionsService(place.config, 1), hooks);
  await host.start();
});
afterAll(async () => {
  await host?.stop();
  await place?.clear();
  vi.unstubAllEnvs();
});

async function call(name: string): Promise<Response> {
  const token = await signToken(loadKeys(place.config.dataDir).jwtSecret);
  const url = `${place.config.functionsUrl}/functions/v1/${name}`;
  return fetch(url, { headers: { authorization: `Bearer ${token}` } });
}

test('is answered for with 504, and keeps nobody else waiting', async () => {
  const hanging = call('hangs');
  expect((await call('works')).status).toBe(200);
  const answer = await hanging;
  expect(answer.status).toBe(504);
  expect(await answer.json()).toMatchObject({
    code: 'function_timed_out',
    message: 'The function "hangs" has not answered within 1 s.',
    request_id: answer.headers.get('x-request-id'),
  });
});
