import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The full path of the first of these programs that the PATH has, or null. */
export function findOnPath(
  programs: readonly string[],
  path = process.env.PATH ?? '',
): string | null {
  const folders = path.split(delimiter).filter(Boolean);
  const files = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  return files.find(isExecutable) ?? null;
}
