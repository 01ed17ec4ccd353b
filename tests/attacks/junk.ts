/** Values that nobody in their right mind sends. */

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { a: value };
  return value;
}

/** By what they are; as JSON in a body. */
export const JUNK: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  zero: 0,
  'a negative number': -1,
  'a fraction': 1.5,
  'a number beyond bigint': 1e30,
  'an empty text': '',
  spaces: '   ',
  'a NUL': 'a\u0000b',
  'control characters': '\u0001\u001b[31m\r\n',
  'a text of 100,000 characters': 'x'.repeat(100_000),
  quotes: `'"\`$$;--/*{}()[],.:*`,
  'half a pair': '\ud800',
  'no date': '2026-13-45T99:99:99Z',
  infinity: 'infinity',
  'no uuid': 'ffffffff-ffff-ffff-ffff-ffffffffffff0',
  'a uuid of nobody': '00000000-0000-0000-0000-000000000000',
  'an empty list': [],
  'a list of everything': [null, 1, 'a', {}, []],
  'an empty object': {},
  'keys of other objects': { __proto__: { a: 1 }, constructor: 1, toString: 1 },
  'JSON of 90 levels': nested(90),
};

/** The same for a filter in an address; without what no address can hold. */
export const JUNK_FILTERS: readonly string[] = [
  'eq.',
  'eq.null',
  'eq.true',
  'eq.1.50',
  'eq.99999999999999999999999',
  'eq.%00',
  'is.nothing',
  'in.()',
  'in.(',
  'like.%25',
  'cs.{',
  'ov.[1,2)',
  'fts(nothing).a',
  'not.not.eq.1',
  'no_operator.1',
  `eq.${'x'.repeat(2_000)}`,
  "eq.'; select 1 --",
];

/** Parameters of a query on a whole table. */
export const JUNK_QUERIES: readonly string[] = [
  'select=*,no_such_table(*)',
  'select=no_such_column',
  'select=((((',
  'select=*&order=no_such_column.sideways',
  'select=*&limit=-1',
  'select=*&limit=99999999999999999999',
  'select=*&offset=x',
  'or=(',
  `and=(${'or('.repeat(40)}${')'.repeat(40)})`,
  'select=%00',
  'select=*&%zz=1',
];
