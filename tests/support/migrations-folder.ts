/** A temporary folder of migrations. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface MigrationsFolder {
  readonly dir: string;
  /** Writes a pair of files; `order` becomes the timestamp. Returns the migration's name. */
  write(order: number, title: string, up: string, down?: string): string;
  remove(): void;
}

export function createMigrationsFolder(): MigrationsFolder {
  const dir = mkdtempSync(join(tmpdir(), 'streambed-migrations-'));
  return {
    dir,
    write(order, title, up, down = 'select 1;') {
      const name = `${20260101000000 + order}_${title}`;
      writeFileSync(join(dir, `${name}.up.sql`), up);
      writeFileSync(join(dir, `${name}.down.sql`), down);
      return name;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
