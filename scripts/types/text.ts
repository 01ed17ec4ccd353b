/** Pieces of TypeScript source. */

/** A property's name, quoted where it must be. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** A database comment as a doc comment, or nothing. */
export function doc(comment: string | null): string {
  if (!comment) return '';
  const lines = comment.trim().replaceAll('*/', '*\\/').split('\n');
  if (lines.length === 1) return `/** ${lines[0]} */\n`;
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
}

/** An object type; `none` where it has no members. */
export function object(members: readonly string[], none = '{ [_ in never]: never }'): string {
  return members.length === 0 ? none : `{\n${members.join('\n')}\n}`;
}
