/** JSON that strangers send: how deep it may be nested, and a parser that minds it. */

/**
 * Levels of objects and arrays that JSON may have. What is nested thousands deep can be parsed, but not
 * written again, nor compared.
 */
export const MAX_JSON_DEPTH = 64;

/** JSON with more levels than it may have. */
export class NestedTooDeep extends Error {
  constructor() {
    super(`JSON is nested more than ${MAX_JSON_DEPTH} deep`);
  }
}

function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text[at - 1] === '\\') at -= 1;
  return (quote - at) % 2 === 1;
}

/** Where the string ends that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at === -1 ? text.length : at;
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > MAX_JSON_DEPTH) return true;
  }
  return false;
}

/**
 * Parses JSON of at most `MAX_JSON_DEPTH` levels.
 * @throws NestedTooDeep before anything is parsed; SyntaxError for what is no JSON
 */
export function parseBoundedJson(text: string): unknown {
  if (isTooDeep(text)) throw new NestedTooDeep();
  return JSON.parse(text);
}
