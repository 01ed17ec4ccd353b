/** What pages in Markdown name: files, and in backticks things of the code. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../lib/root.ts';

const FOLDERS = 'bench,client,docs,functions,lib,scripts,sql,stack,supabase,tests,types,worker';
const ANYWHERE = `{${FOLDERS}}/**`;
const FENCE = /^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm;
const LINK = /\]\(([^)#:\s]+)(?:#[^)]*)?\)/g;
const QUOTED = /`([^`\n]+)`/g;
const PATH = new RegExp(`^(${FOLDERS.replaceAll(',', '|')})/[\\w./*-]*$`);
const OWN_NAME = /^[\w.*-]+\.(ts|md|toml)$/;
const PRIVATE = /^private\.(\w+)/;
const CAMEL_CASE = /^[a-z]+[A-Z]\w*/;

/** What others named: files that users make, options of libraries. */
const OF_OTHERS = new Set(['supabase/.env', 'emailRedirectTo']);

export interface Project {
  /** Of its sources. */
  readonly words: ReadonlySet<string>;
  /** What the migrations make. */
  readonly schema: string;
}

/** Reads the sources. */
export function readProject(): Project {
  const files = globSync([`${ANYWHERE}/*.{ts,sql,toml,json}`, '*.{json,ts}'], { cwd: ROOT });
  const sources = files.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
  return {
    words: new Set(sources.match(/\w+/g)),
    schema: readFileSync(join(ROOT, 'sql/schema.sql'), 'utf8'),
  };
}

const fencesOf = (markdown: string) => (markdown.match(FENCE) ?? []).join('\n');

/** A file is named by its path in the project, or, where the page has said which folder, by the end of it. */
const fileExists = (name: string) =>
  globSync([name, `${ANYWHERE}/${name}`], { cwd: ROOT }).length > 0;

/** Does a page name something that neither is there nor is made in one of its own examples? */
function isMissing(name: string, { words, schema }: Project, examples: string): boolean {
  if (OF_OTHERS.has(name)) return false;
  const path = name.replace(/<[^>]*>/g, '*');
  if (PATH.test(path) || OWN_NAME.test(path)) return !fileExists(path) && !examples.includes(name);
  const [, inPrivate] = PRIVATE.exec(name) ?? [];
  if (inPrivate) return !new RegExp(`\\bprivate\\.${inPrivate}\\b`).test(schema + examples);
  const [word] = CAMEL_CASE.exec(name) ?? [];
  return word !== undefined && !words.has(word) && !examples.includes(word);
}

/**
 * Finds what a page names and what does not exist: targets of links, files, things of the schema `private`, and words
 * of TypeScript. What stands in its own examples counts as there.
 *
 * @param path of the page in the project; its links start there
 */
export function findMissingNames(path: string, markdown: string, project: Project): string[] {
  const examples = fencesOf(markdown);
  const text = markdown.replace(FENCE, '');
  const links = [...text.matchAll(LINK)].map(([, target = '']) => target);
  const quoted = [...text.matchAll(QUOTED)].map(([, name = '']) => name);
  return [
    ...links.filter((target) => !existsSync(join(ROOT, dirname(path), target))),
    ...quoted.filter((name) => isMissing(name, project, examples)),
  ];
}
