/** Loads the functions anew when a file below their folder changes. */
import { watch } from 'node:fs';
import { functionFolders } from './functions.ts';
import type { Supervisor } from './supervisor.ts';

/** Editors write a file in several steps, and tools write several files. */
const SETTLED_AFTER_MS = 300;

/** Watches until the process ends. */
export function watchFunctions(supervisor: Supervisor, say: (line: string) => void): void {
  let timer: NodeJS.Timeout | undefined;
  const reload = () => {
    say('the functions have changed; loading them anew');
    void supervisor.reload('functions');
  };
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(reload, SETTLED_AFTER_MS);
  };
  for (const folder of functionFolders()) {
    const complain = (error: Error) => say(`${folder} is not watched any more: ${error.message}`);
    watch(folder, { recursive: true }, settle).on('error', complain);
  }
}
