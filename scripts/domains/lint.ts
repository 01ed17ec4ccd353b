/** Keeps the domains apart: each names only what comes before it, and changes nothing of another. */
import { lineAt } from '../../sql/cli/statements.ts';
import type { WrittenSql } from '../written-sql.ts';
import { findChanges } from './changes.ts';
import { EXCEPTIONS, type Exception } from './exceptions.ts';
import { type DomainFile, domainOf, filesIn } from './files.ts';
import { findNames, isOurs, type Named } from './names.ts';
import { findCreated, Owners } from './owners.ts';

const MIGRATIONS = 'sql/migrations';
const ROLLBACKS = 'sql/rollbacks';

const at = ({ path, code }: DomainFile, { offset }: Named) => `${path}:${lineAt(code, offset)}`;

/** `create or replace` lets two places say what an object is. */
function findReplaced(file: DomainFile): string[] {
  return findChanges(file.code)
    .filter(({ verb, name }) => verb === 'create or replace' && isOurs(name))
    .map(
      (change) =>
        `${at(file, change)}: create or replace of ${change.name}: create it once, in its own domain; what later domains ` +
        'add is rows of a table that it reads, or functions of their own',
    );
}

function findForeignChanges(file: DomainFile, owners: Owners): string[] {
  return findChanges(file.code).flatMap((change) => {
    const owner = owners.of(change.name);
    if (!owner || owner === file.domain || change.verb === 'create or replace') return [];
    return [
      `${at(file, change)}: ${change.verb} ${change.name}, which is of ${owner}: only a file of ${owner} may; move it there`,
    ];
  });
}

/** Two domains that give one name to two things, such as overloads of a function. */
function findSharedNames(file: DomainFile, owners: Owners): string[] {
  return findCreated(file.code).flatMap((created) => {
    const owner = owners.of(created.name);
    if (owner === file.domain || created.replaces) return [];
    return [`${at(file, created)}: ${created.name} is a name of ${owner}: choose another`];
  });
}

interface LaterName extends Named {
  readonly file: DomainFile;
  readonly owner: string;
}

function findLaterNames(file: DomainFile, owners: Owners): LaterName[] {
  const seen = new Set<string>();
  return findNames(file.code).flatMap((named) => {
    const owner = owners.of(named.name);
    if (!owner || !owners.isLater(owner, file.domain) || seen.has(named.name)) return [];
    seen.add(named.name);
    return [{ ...named, file, owner }];
  });
}

const excuses = ({ domain, names }: Exception, { file, name }: LaterName) =>
  domain === file.domain && names === name;

function findForwardReferences(
  files: readonly DomainFile[],
  owners: Owners,
  exceptions: readonly Exception[],
): string[] {
  const later = files.flatMap((file) => findLaterNames(file, owners));
  const refused = later.filter((named) => !exceptions.some((one) => excuses(one, named)));
  const stale = exceptions.filter((one) => !later.some((named) => excuses(one, named)));
  return [
    ...refused.map(
      (named) =>
        `${at(named.file, named)}: ${named.file.domain} names ${named.name} of ${named.owner}, which comes later: move ` +
        `this to ${named.owner}, or let ${named.owner} register itself in a table of ${named.file.domain}`,
    ),
    ...stale.map(
      ({ domain, names }) =>
        `scripts/domains/exceptions.ts: ${domain} no longer names ${names}: take the exception out`,
    ),
  ];
}

function findMisnamed(files: readonly WrittenSql[]): string[] {
  return files
    .filter(({ path }) => path.startsWith(`${MIGRATIONS}/`) || path.startsWith(`${ROLLBACKS}/`))
    .filter(({ path }) => !domainOf(path))
    .map(({ path }) => `${path}: name it <version>_<domain>[_<part>].sql`);
}

/**
 * Checks the boundaries between domains, which stand in the order of their first migrations. A file may name objects of
 * its own domain and of earlier ones. It may put rows, triggers and policies of its own on the tables of earlier ones,
 * but it alters, replaces, drops, explains, grants and publishes only what is of its own domain; so does a rollback.
 *
 * @param files the repository's SQL; others than migrations and rollbacks are passed over
 * @param exceptions where a domain may name a later one's object
 * @returns a text per finding: file, line, and what to do
 */
export function lintDomains(
  files: readonly WrittenSql[],
  exceptions: readonly Exception[] = EXCEPTIONS,
): string[] {
  const migrations = filesIn(MIGRATIONS, files);
  const owners = new Owners(migrations);
  const both = [...migrations, ...filesIn(ROLLBACKS, files)];
  return [
    ...findMisnamed(files),
    ...migrations.flatMap((file) => findSharedNames(file, owners)),
    ...both.flatMap(findReplaced),
    ...both.flatMap((file) => findForeignChanges(file, owners)),
    ...findForwardReferences(migrations, owners, exceptions),
  ];
}
