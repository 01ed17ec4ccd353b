/** A temporary folder of migrations, with their rollbacks beside it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface MigrationsFolder {
  /** What holds `migrations`, `rollbacks` and `seed.sql`. */
  readonly parent: string;
  readonly dir: string;
  readonly rollbacks: string;
  /** Writes a migration and its rollback; `order` becomes its version. Returns its name. */
  write(order: number, title: string, up: string, down?: string): string;
  /** Writes the seed file that belongs to the folder. */
  writeSeed(sql: string): void;
  remove(): void;
}

export function createMigrationsFolder(): MigrationsFolder {
  const parent = mkdtempSync(join(tmpdir(), 'streambed-migrations-'));
  const dir = join(parent, 'migrations');
  const rollbacks = join(parent, 'rollbacks');
  mkdirSync(dir);
  mkdirSync(rollbacks);
  return {
    parent,
    dir,
    rollbacks,
    write(order, title, up, down = 'select 1;') {
      const name = `${20260101000000 + order}_${title}`;
      writeFileSync(join(dir, `${name}.sql`), up);
      writeFileSync(join(rollbacks, `${name}.sql`), down);
      return name;
    },
    writeSeed: (sql) => writeFileSync(join(parent, 'seed.sql'), sql),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}
