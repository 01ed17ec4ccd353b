/** A service that is one of the stack's own Node programs. */
import { join } from 'node:path';
import { ROOT } from './config.ts';
import { TERMINATE } from './supervisor/end-process.ts';
import type { Service } from './supervisor/service.ts';

/**
 * @param name the service's name
 * @param program its file below the repository's root
 * @param probe whether it works
 * @param more.answers whether it answers anything
 * @param more.env variables on top of the stack's own
 */
export function nodeService(
  name: string,
  program: string,
  probe: Service['probe'],
  { answers, env }: { answers?: Service['answers']; env?: NodeJS.ProcessEnv } = {},
): Service {
  const args = ['--import', join(ROOT, 'stack', 'exit-with-supervisor.ts'), join(ROOT, program)];
  return {
    name,
    command: async () => ({ command: process.execPath, args, env: { ...process.env, ...env } }),
    probe,
    ...(answers && { answers }),
    ending: TERMINATE,
  };
}
