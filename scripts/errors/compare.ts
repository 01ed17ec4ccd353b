/** Compares what the comments of functions say about their refusals with what the functions can do. */

import { Reach } from './reach.ts';
import type { ErrorSources } from './read.ts';

/** Below: what the caller did. From here on: what the operator has to mend, which no comment need name. */
const OPERATORS_STATUS = 500;

const WORD = /[a-z][a-z0-9_]*/g;

const isPublished = (name: string) => name.startsWith('public.');

/**
 * @returns a text for each code that a comment misses or names in vain, that is in no catalogue, and that nothing refuses with
 */
export function compareErrors(sources: ErrorSources): string[] {
  const reach = new Reach(sources);
  const statuses = new Map(sources.catalogue.map(({ code, status }) => [code, status]));
  const findings: string[] = [];
  const reached = new Set<string>();
  for (const { name, comment } of sources.functions) {
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
    ...idle.map(({ code }) => `private.errors lists ${code}, which nothing fails with: remove it`),
  ];
}
