/** Redis: the server that `REDIS_URL` names, else one of our own on the loopback interface. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TERMINATE } from '../lib/end-process.ts';
import { HOST } from '../lib/host.ts';
import { answersBytes, answersPing } from '../lib/probes.ts';
import { replaceFile } from '../lib/replace-file.ts';
import type { StackConfig } from './config.ts';
import { redisPassword } from './keys.ts';
import { findRedisServer } from './redis-program.ts';
import type { Service } from './supervisor/service.ts';

/** Everything is said here, so that no configuration file of the system is read. */
function settings(port: number, folder: string, password: string): string {
  const settings = {
    port,
    bind: HOST,
    'protected-mode': 'yes',
    requirepass: password,
    dir: `"${folder.replace(/["\\]/g, '\\$&')}"`,
    // Each write reaches the operating system before it is answered: kill -9 loses nothing.
    appendonly: 'yes',
    save: '""',
    daemonize: 'no',
    logfile: '""',
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

/** In a file, because everybody on the machine may read a command line. */
function writeSettings({ dataDir, ports }: StackConfig): string {
  const folder = join(dataDir, 'redis');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'redis.conf');
  replaceFile(file, settings(ports.redis, folder, redisPassword(dataDir)), 0o600);
  return file;
}

/**
 * Looks at the server that `REDIS_URL` names.
 * @throws Error that names it, without its password, when it does not answer
 */
export async function assertRedisAnswers({ redisUrl }: StackConfig): Promise<void> {
  if (await answersPing(redisUrl)) return;
  const { host } = new URL(redisUrl);
  throw new Error(
    `The Redis that REDIS_URL names, ${host}, does not answer PING; start it, correct its password, ` +
      'or unset REDIS_URL for one of the stack itself.',
  );
}

/** Our own Redis, with its data in the data folder. */
export function redisService(config: StackConfig): Service {
  const { ports } = config;
  return {
    name: 'redis',
    command: async () => ({ command: await findRedisServer(), args: [writeSettings(config)] }),
    probe: () => answersPing(config.redisUrl),
    answers: () => answersBytes(HOST, ports.redis, Buffer.from('PING\r\n')),
    ending: TERMINATE,
    readyWithinMs: 300_000, // it reads all its data back first
    isQuiet: true,
  };
}
