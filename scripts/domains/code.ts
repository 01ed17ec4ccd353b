/** What of a SQL text is code. */
import { tokenAt } from '../../sql/cli/tokens.ts';

const blank = (text: string) => text.replace(/[^\n]/g, ' ');

/** Of a function's body the code; its quotes, or the `begin` that made it one, are set aside first. */
function codeOfBody(text: string): string {
  const [quote] = /^\$\w*\$/.exec(text) ?? [];
  if (!quote) return text.slice(0, 5) + codeOf(text.slice(5));
  return blank(quote) + codeOf(text.slice(quote.length, -quote.length)) + blank(quote);
}

/**
 * The text with spaces in place of comments and of strings in single quotes, so that what is left stands where it
 * stood. Dollar-quoted text is code. What dynamic SQL names in a string is therefore not seen.
 *
 * @param sql a whole file, or a body
 */
export function codeOf(sql: string): string {
  let code = '';
  while (code.length < sql.length) {
    const { kind, text } = tokenAt(sql, code.length);
    if (kind === 'comment' || kind === 'string') code += blank(text);
    else code += kind === 'body' ? codeOfBody(text) : text;
  }
  return code;
}
