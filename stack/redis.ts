/** Redis: the server that `REDIS_URL` names, else one of our own on the loopback interface. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TERMINATE } from '../lib/end-process.ts';
import { HOST } from '../lib/host.ts';
import { answersBytes, answersPing } from '../lib/probes.ts';
import type { StackConfig } from './config.ts';
import { findRedisServer } from './redis-program.ts';
import type { Service } from './supervisor/service.ts';

/** Everything is said here, so that no configuration file of the system is read. */
function serverArguments(port: number, folder: string): string[] {
  const settings = {
    port,
    bind: HOST,
    'protected-mode': 'yes',
    dir: folder,
    // Each write reaches the operating system before it is answered: kill -9 loses nothing.
    appendonly: 'yes',
    save: '',
    daemonize: 'no',
    logfile: '',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
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
export function redisService({ dataDir, ports, redisUrl }: StackConfig): Service {
  return {
    name: 'redis',
    command: async () => {
      const folder = join(dataDir, 'redis');
      mkdirSync(folder, { recursive: true });
      return { command: await findRedisServer(), args: serverArguments(ports.redis, folder) };
    },
    probe: () => answersPing(redisUrl),
    answers: () => answersBytes(HOST, ports.redis, Buffer.from('PING\r\n')),
    ending: TERMINATE,
    readyWithinMs: 300_000, // it reads all its data back first
    isQuiet: true,
  };
}
