/** The product's domains, as the names of its migrations tell them: `<version>_<domain>[_<part>]`. */
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  listMigrations,
  type MigrationFile,
  readMigration,
} from '../../sql/cli/migration-files.ts';

const domainOf = ({ name }: MigrationFile): string => name.split('_')[1] as string;

/** The domains, each after those that it builds on. */
export async function listDomains(): Promise<string[]> {
  return [...new Set((await listMigrations()).map(domainOf))];
}

/** A file that a domain adds to a folder that a test lists. */
export interface DomainFile<T> {
  readonly domain: string;
  /** What the file exports as its default. */
  readonly content: T;
}

/**
 * Imports the files `<domain>.ts` of a folder, in the order of the domains.
 *
 * @throws when a file is named for no domain
 */
export async function readDomainFiles<T>(folder: URL): Promise<DomainFile<T>[]> {
  const domains = await listDomains();
  const names = (await readdir(folder)).map((file) => file.replace(/\.ts$/, ''));
  const stray = names.find((name) => !domains.includes(name));
  if (stray) throw new Error(`${fileURLToPath(folder)}${stray}.ts: no migration is of that domain`);
  const files = domains.filter((domain) => names.includes(domain));
  return Promise.all(
    files.map(async (domain) => {
      const { default: content } = await import(new URL(`${domain}.ts`, folder).href);
      return { domain, content };
    }),
  );
}

/**
 * Tells which domain's migrations create a table, view or function.
 *
 * @param object `<schema>.<name>`
 * @returns null for an object that no migration creates under that name
 */
export async function domainThatCreates(object: string): Promise<string | null> {
  const creates = new RegExp(
    `^\\s*create (or replace )?(table|view|function) ${object.replace('.', '\\.')}\\b`,
    'm',
  );
  for (const migration of await listMigrations()) {
    if (creates.test(await readMigration(migration, 'up'))) return domainOf(migration);
  }
  return null;
}
