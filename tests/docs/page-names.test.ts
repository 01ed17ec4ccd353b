/** What the pages name is there. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../lib/root.ts';
import { findMissingNames, readProject } from '../support/page-names.ts';

const pages = globSync(['*.md', 'docs/*.md'], { cwd: ROOT }).sort();
const project = readProject();

test.each(pages)('%s', (page) => {
  const markdown = readFileSync(join(ROOT, page), 'utf8');
  expect(findMissingNames(page, markdown, project)).toEqual([]);
});

test.each([
  ['a link', '[page](no-such.md)', 'no-such.md'],
  ['a path', '`lib/no-such.ts`', 'lib/no-such.ts'],
  ['a path with a gap', '`sql/migrations/*_no_such.sql`', 'sql/migrations/*_no_such.sql'],
  ['a file', '`no-such.ts`', 'no-such.ts'],
  ['a function', '`private.no_such_function(uuid)`', 'private.no_such_function(uuid)'],
  // In two parts, so that this file does not have the word.
  ['a word of TypeScript', `\`noSuch${'Helper'}()\``, `noSuch${'Helper'}()`],
])('%s that is not there is found', (_, markdown, missing) => {
  expect(findMissingNames('docs/page.md', markdown, project)).toEqual([missing]);
});

test('what a page makes in an example is there', () => {
  const markdown =
    'Then `private.no_such_job` runs.\n```sql\ncreate function private.no_such_job()\n```\n';
  expect(findMissingNames('docs/page.md', markdown, project)).toEqual([]);
});
