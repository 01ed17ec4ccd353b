/** A service that is one of the stack's own Node programs. */
import { join } from 'node:path';
import { TERMINATE } from '../lib/end-process.ts';
import { ROOT } from '../lib/root.ts';
import { isGivingSigns, signFile } from './sign-of-life.ts';
import type { Service } from './supervisor/service.ts';

const preload = (file: string) => ['--import', join(ROOT, 'stack', file)];

/**
 * @param name the service's name
 * @param program its file below the repository's root
 * @param probe whether it works
 * @param answers whether it answers anything
 */
export function nodeService(
  name: string,
  program: string,
  probe: Service['probe'],
  answers?: Service['answers'],
): Service {
  const args = [...preload('exit-with-supervisor.ts'), join(ROOT, program)];
  return {
    name,
    command: async () => ({ command: process.execPath, args }),
    probe,
    ...(answers && { answers }),
    ending: TERMINATE,
  };
}

/**
 * A program that answers nobody; that it gives signs of life is all there is to see.
 * @param env variables on top of the supervisor's own
 */
export function silentNodeService(
  name: string,
  program: string,
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
): Service {
  const file = signFile(dataDir, name);
  const probe = async () => isGivingSigns(file);
  const args = [
    ...preload('exit-with-supervisor.ts'),
    ...preload('sign-of-life.ts'),
    join(ROOT, program),
  ];
  return {
    name,
    command: async () => ({
      command: process.execPath,
      args,
      env: { ...process.env, ...env, STREAMBED_SIGN_FILE: file },
    }),
    probe,
    answers: probe,
    ending: TERMINATE,
  };
}
