/**
 * The local media server: RTMP in, RTMP and HTTP-FLV out, on loopback. The ingest function decides
 * who publishes and plays; without its answer nobody does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { logEvent } from '../../lib/log.ts';
import { loadConfig } from '../config.ts';
import { loadKeys } from '../keys.ts';
import { HookClient } from './hook-client.ts';
import { Publishers } from './publishers.ts';
import { quietLibrary } from './quiet-library.ts';
import { Renewal } from './renewal.ts';
import { listen } from './server.ts';

const NAME = 'local';
const FAREWELL_MS = 1_500;

const config = loadConfig();
const parameters = new URLSearchParams({
  secret: loadKeys(config.dataDir).ingestSecret,
  server: NAME,
});
const hooks = new HookClient(`${config.apiUrl}/functions/v1/ingest?${parameters}`, NAME);
const publishers = new Publishers();
const renewal = new Renewal(hooks, publishers);

/** Every publisher goes with this process; telling so lets them return at once. */
async function stop(): Promise<void> {
  if (publishers.ids().length > 0) {
    await Promise.race([hooks.renew([]).catch(() => {}), sleep(FAREWELL_MS)]);
  }
  process.exit(0);
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
quietLibrary();
await renewal.announceStart();
listen(config, { hooks, publishers, renewal });
renewal.start();
logEvent(`media server ready: ${config.rtmpUrl}, ${config.mediaUrl}`);
