import { expect, test } from 'vitest';
import { MAX_JSON_DEPTH, NestedTooDeep, parseBoundedJson } from '../../lib/bounded-json.ts';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

test('so many levels are read, and not one more', () => {
  expect(JSON.stringify(parseBoundedJson(nested(MAX_JSON_DEPTH)))).toBe(nested(MAX_JSON_DEPTH));
  expect(() => parseBoundedJson(nested(MAX_JSON_DEPTH + 1))).toThrow(NestedTooDeep);
  expect(() => parseBoundedJson('{"a":'.repeat(60_000))).toThrow(NestedTooDeep);
});

test('levels beside each other are not counted together', () => {
  const wide = `[${Array.from({ length: 1_000 }, () => '{"a":[]}').join()}]`;
  expect(parseBoundedJson(wide)).toHaveLength(1_000);
});

test('brackets within a string are none, however it is escaped', () => {
  const values = ['['.repeat(100), '"'.repeat(3) + '['.repeat(100), `\\"${'{'.repeat(100)}\\`];
  expect(parseBoundedJson(JSON.stringify(values))).toEqual(values);
  const after = `["\\\\",${nested(MAX_JSON_DEPTH)}]`;
  expect(() => parseBoundedJson(after)).toThrow(NestedTooDeep);
});

test('what is no JSON is refused as such', () => {
  for (const text of ['', '"', '"\\"', '{']) {
    expect(() => parseBoundedJson(text)).toThrow(SyntaxError);
  }
});
