/** Which domain made what. */
import { partOf } from './changes.ts';
import type { DomainFile } from './files.ts';
import { NAME, type Named, spell } from './names.ts';

const CREATE = String.raw`\bcreate\s+(or\s+replace\s+)?`;
const OBJECT = new RegExp(
  `${CREATE}(?:(?:unlogged|foreign|materialized|recursive)\\s+)?` +
    `(?:function|procedure|aggregate|table|view|type|domain|sequence)\\s+(?:if\\s+not\\s+exists\\s+)?${NAME}`,
  'gi',
);
const PART = new RegExp(
  `${CREATE}(?:constraint\\s+)?(trigger|policy)\\s+("?\\w+"?)\\s[^;]*?\\bon\\s+${NAME}`,
  'gi',
);

interface Created extends Named {
  /** By `create or replace`. */
  readonly replaces: boolean;
}

/** All that a file creates by a name: objects, and the triggers and policies that it puts on tables. */
export function findCreated(code: string): Created[] {
  const objects = [...code.matchAll(OBJECT)].map(({ index, 1: replace, 2: schema, 3: own }) => ({
    name: spell(schema, own),
    offset: index,
    replaces: Boolean(replace),
  }));
  const parts = [...code.matchAll(PART)].map((match) => {
    const [, replace, kind, part, schema, own] = match;
    const name = partOf(spell(schema, own), kind, part);
    return { name, offset: match.index, replaces: Boolean(replace) };
  });
  return [...objects, ...parts];
}

/** The domains in the order of their first migrations, and what each of them made. */
export class Owners {
  private readonly domains: string[];
  private readonly creators = new Map<string, string>();

  constructor(migrations: readonly DomainFile[]) {
    this.domains = [...new Set(migrations.map(({ domain }) => domain))];
    for (const { domain, code } of migrations) {
      for (const { name } of findCreated(code)) {
        if (!this.creators.has(name)) this.creators.set(name, domain);
      }
    }
  }

  /**
   * The domain that made an object. A function of `public` that no text names was published by dynamic SQL: it belongs to
   * whoever made the function of that name in `private`.
   *
   * @returns undefined for what no migration makes by name, such as the sequence of an identity column
   */
  of(name: string): string | undefined {
    return this.creators.get(name) ?? this.creators.get(name.replace(/^public\./, 'private.'));
  }

  /** Does one domain come after another? */
  isLater(domain: string, than: string): boolean {
    return this.domains.indexOf(domain) > this.domains.indexOf(than);
  }
}
