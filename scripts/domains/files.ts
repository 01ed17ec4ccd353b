/** The files of migrations, each of a domain. */
import type { WrittenSql } from '../written-sql.ts';
import { codeOf } from './code.ts';

export interface DomainFile {
  readonly path: string;
  readonly domain: string;
  readonly code: string;
}

const FILE_NAME = /^\d{14}_([a-z0-9]+)(?:_[a-z0-9]+)*\.sql$/;

/** The domain that a file's name tells; undefined for a name of another form than `<version>_<domain>[_<part>].sql`. */
export function domainOf(path: string): string | undefined {
  const [, domain] = FILE_NAME.exec(path.slice(path.lastIndexOf('/') + 1)) ?? [];
  return domain;
}

/** The files of a folder that are named as they should, in the order of their versions. */
export function filesIn(folder: string, files: readonly WrittenSql[]): DomainFile[] {
  return files
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .flatMap(({ path, sql }) => {
      const domain = domainOf(path);
      return domain ? [{ path, domain, code: codeOf(sql) }] : [];
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
