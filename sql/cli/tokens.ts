/** The pieces of a SQL text, as far as it takes to know code from what only looks like it. */

export type TokenKind = 'comment' | 'string' | 'body' | 'name' | 'other';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** Tried in this order at every position; a body is dollar-quoted text, or a function's in standard SQL. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['comment', /--[^\n]*/y],
  ['comment', /\/\*[\s\S]*?\*\//y],
  ['string', /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y],
  ['string', /'(?:[^']|'')*'/y],
  ['name', /"(?:[^"]|"")*"/y],
  ['body', /(\$[A-Za-z_\d]*\$)[\s\S]*?\1/y],
  ['body', /\bbegin\s+atomic\b[\s\S]*?\bend\s*(?=;|$)/iy],
  ['name', /[A-Za-z_][\w$]*/y],
];

/** The token that begins at an offset: of one character where it is nothing in particular. */
export function tokenAt(sql: string, offset: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = offset;
    const [text] = pattern.exec(sql) ?? [];
    if (text) return { kind, text };
  }
  return { kind: 'other', text: sql.charAt(offset) };
}
