/** The files and commands that a page of docs/ tells its reader to add and to run. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface GuideFile {
  /** In the repository. */
  readonly path: string;
  readonly text: string;
  /** A whole file, or what is added to one: at its end, or after the line that begins so. */
  readonly place: 'whole' | 'end' | { readonly after: string };
}

export interface GuidePage {
  readonly files: readonly GuideFile[];
  /** In the order of the page. */
  readonly commands: readonly string[];
}

/** Blocks begin with ```sql title="sql/a.sql", ```toml title="a.toml" append, ```md title="a.md" after="| b" or ```sh run. */
const BLOCK = /^(`{3,})\w+([^\n]*)\n([\s\S]*?)^\1$/gm;
const TITLE = /^ title="([^"]+)"(?: (append)| after="([^"]+)")?$/;

function readFileBlock(info: string, text: string): GuideFile[] {
  const [, path, append, after] = TITLE.exec(info) ?? [];
  if (!path) return [];
  return [{ path, text, place: after ? { after } : append ? 'end' : 'whole' }];
}

/**
 * Reads the blocks of a page that have a title, and those that are to be run.
 *
 * @param markdown the page
 */
export function readGuide(markdown: string): GuidePage {
  const blocks = [...markdown.matchAll(BLOCK)].map(([, , info = '', text = '']) => ({
    info,
    text,
  }));
  const isRun = ({ info }: { info: string }) => info === ' run';
  return {
    files: blocks.flatMap(({ info, text }) => readFileBlock(info, text)),
    commands: blocks.filter(isRun).flatMap(({ text }) => text.trim().split('\n')),
  };
}

function addAfter(kept: string, beginning: string, text: string): string {
  const lines = kept.split(/(?<=\n)/);
  const at = lines.findIndex((line) => line.startsWith(beginning));
  if (at < 0) throw new Error(`no line begins with ${beginning}`);
  return lines.toSpliced(at + 1, 0, text).join('');
}

function contentWith(file: string, { text, place }: GuideFile): string {
  if (place === 'whole') return text;
  const kept = readFileSync(file, 'utf8');
  return place === 'end' ? `${kept}\n${text}` : addAfter(kept, place.after, text);
}

/**
 * Does what the page says of a file.
 *
 * @param root the folder of the project
 * @throws when there is no line after which the text belongs
 */
export function addGuideFile(root: string, guideFile: GuideFile): void {
  const file = join(root, guideFile.path);
  const content = contentWith(file, guideFile);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
