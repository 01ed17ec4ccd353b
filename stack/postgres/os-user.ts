import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The operating system's user that PostgreSQL runs as when we are root, which it refuses to be. */
const OS_USER = 'postgres';

export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

function findUser(): OsUser | undefined {
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${OS_USER}:`))
    ?.split(':');
  return entry && { uid: Number(entry[2]), gid: Number(entry[3]) };
}

const CREATE_USER: readonly (readonly [string, ...string[]])[] = [
  ['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/bin/false', OS_USER],
  ['adduser', '-S', '-D', '-H', OS_USER],
];

function createUser(): OsUser {
  const failures: string[] = [];
  for (const [command, ...args] of CREATE_USER) {
    try {
      execFileSync(command, args, { stdio: 'pipe' });
      const user = findUser();
      if (user) return user;
    } catch (error) {
      failures.push(`${command}: ${(error as Error).message.trim()}`);
    }
  }
  throw new Error(
    `PostgreSQL cannot run as root, and the user "${OS_USER}" could not be created ` +
      `(${failures.join('; ')}). Create it, or start the stack as an ordinary user.`,
  );
}

/**
 * The user that PostgreSQL must run as: undefined (ourselves) for ordinary users; for root, the
 * unprivileged user `postgres`, created when the machine has none.
 */
export function postgresOsUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return findUser() ?? createUser();
}
