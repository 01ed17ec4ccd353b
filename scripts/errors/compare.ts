/** Compares what the comments of functions say about their refusals with what the functions can do. */

import { Reach } from './reach.ts';
import type { CatalogueEntry, ErrorSources } from './read.ts';

/** Below: what the caller did. From here on: what the operator has to mend, which no comment need name. */
const OPERATORS_STATUS = 500;

const WORD = /[a-z][a-z0-9_]*/g;

const isPublished = (name: string) => name.startsWith('public.');

/**
 * @param answered codes that edge functions answer by themselves
 * @returns a text for each code that a comment misses or names in vain, that is in no catalogue, that nothing refuses
 *   with, and that has two statuses
 */
export function compareErrors(
  sources: ErrorSources,
  answered: readonly CatalogueEntry[] = [],
): string[] {
  const reach = new Reach(sources);
  const statuses = new Map(sources.catalogue.map(({ code, status }) => [code, status]));
  const findings: string[] = [];
  const reached = new Set<string>();
  const published = new Set(sources.functions.map(({ name }) => name).filter(isPublished));
  // A function's comment is its shell's: the shell is what clients call, so it is compared there.
  const isTwin = (name: string) => published.has(name.replace('private.', 'public.'));
  for (const { name, comment } of sources.functions) {
    if (!isPublished(name) && isTwin(name)) continue;
    const raised = reach.codesOf(name);
    const named = new Set((comment.match(WORD) ?? []).filter((word) => statuses.has(word)));
    for (const code of raised) {
      reached.add(code);
      const status = statuses.get(code);
      if (status === undefined) {
        findings.push(`${name} fails with ${code}, which is not in private.errors: list it there`);
      } else if (isPublished(name) && status < OPERATORS_STATUS && !named.has(code)) {
        findings.push(`${name} can fail with ${code}, which its comment does not name`);
      }
    }
    for (const code of named) {
      if (!raised.has(code))
        findings.push(`${name} cannot fail with ${code}, which its comment names`);
    }
  }
  const idle = sources.catalogue.filter(({ code }) => !reached.has(code));
  return [
    ...new Set(findings),
    ...answered
      .filter(({ code, status }) => (statuses.get(code) ?? status) !== status)
      .map(({ code }) => `${code} has one status in private.errors and another in functions`),
    ...idle.map(({ code }) => `private.errors lists ${code}, which nothing fails with: remove it`),
  ];
}
