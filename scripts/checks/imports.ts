import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { ROOT } from '../../lib/root.ts';
import type { Check } from './check.ts';

interface Rule {
  readonly of: RegExp;
  readonly may: RegExp;
  readonly because: string;
}

/** Whose files may import which; each rule that speaks of a file holds. */
const RULES: readonly Rule[] = [
  { of: /^lib\//, may: /^lib\//, because: 'lib knows none of those that share it' },
  {
    of: /^worker\//,
    may: /^(worker|lib)\//,
    because: 'a worker runs on machines that have no stack',
  },
  {
    of: /^sql\//,
    may: /^(sql|lib)\//,
    because: 'a database anywhere is migrated without the stack',
  },
  {
    of: /^stack\//,
    may: /^((stack|sql|lib)\/|functions\/_shared\/address-block\.ts$)/,
    because: 'the stack starts the others by their files, and counts addresses as functions do',
  },
  {
    of: /^stack\/functions-host\//,
    may: /^stack\/functions-host\//,
    because: 'Deno may read nothing else of the stack',
  },
  {
    of: /^scripts\//,
    may: /^((scripts|stack|sql|lib|tests\/support)\/|functions\/_shared\/errors\.ts$)/,
    because: 'scripts work on a stack or a database, and list the errors of functions',
  },
  {
    of: /^client\//,
    may: /^(client|types)\//,
    because: 'an application takes it along without the rest',
  },
  { of: /^functions\//, may: /^functions\//, because: 'functions are deployed without the rest' },
  {
    of: /^functions\/_shared\/[^/]+$/,
    may: /^functions\/_shared\/[^/]+$/,
    because: 'what all functions share has no domain in it',
  },
];

const FILES = '{lib,worker,sql,stack,scripts,client,functions}/**/*.{ts,mjs}';
const RELATIVE_IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]*)['"]/g;

function importsOf(file: string, source: string): string[] {
  const specifiers = [...source.matchAll(RELATIVE_IMPORT)].map(([, specifier]) => specifier ?? '');
  return specifiers.map((specifier) => posix.join(posix.dirname(file), specifier));
}

/**
 * Reads every import of one file by another of the project.
 * @param root the folder that holds the project
 * @returns a text for each import that goes in a direction that is not allowed
 */
export function findForbiddenImports(root: string): string[] {
  return globSync(FILES, { cwd: root })
    .sort()
    .flatMap((file) => {
      const rules = RULES.filter(({ of }) => of.test(file));
      return importsOf(file, readFileSync(posix.join(root, file), 'utf8')).flatMap((imported) =>
        rules
          .filter(({ may }) => !may.test(imported))
          .map(({ because }) => `${file} imports ${imported}: ${because}`),
      );
    });
}

/** Imports go in the directions that let each part be used without the others. */
export const imports: Check = {
  name: 'directions of imports',
  run: async () => ({ findings: findForbiddenImports(ROOT) }),
};
