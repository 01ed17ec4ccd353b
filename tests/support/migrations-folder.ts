/** A temporary folder of migrations. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface MigrationsFolder {
  readonly dir: string;
  /** Writes a pair of files; `order` becomes the timestamp. Returns the migration's name. */
  write(order: number, title: string, up: string, down?: string): string;
  /** Writes the seed file that belongs to the folder. */
  writeSeed(sql: string): void;
  remove(): void;
}

export function createMigrationsFolder(): MigrationsFolder {
  const parent = mkdtempSync(join(tmpdir(), 'streambed-migrations-'));
  const dir = join(parent, 'migrations');
  mkdirSync(dir);
  return {
    dir,
    write(order, title, up, down = 'select 1;') {
      const name = `${20260101000000 + order}_${title}`;
      writeFileSync(join(dir, `${name}.up.sql`), up);
      writeFileSync(join(dir, `${name}.down.sql`), down);
      return name;
    },
    writeSeed: (sql) => writeFileSync(join(parent, 'seed.sql'), sql),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}
