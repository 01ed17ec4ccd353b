import { renameSync, writeFileSync } from 'node:fs';

/**
 * Writes a file so that a reader sees the old one or the new one, never a half.
 * @param mode its permissions; the process' own unless given
 */
export function replaceFile(file: string, text: string, mode?: number): void {
  const draft = `${file}.new`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}
