/** The whole file `types/database.ts`, unformatted. */
import { printFunctions } from './functions.ts';
import { printRelation } from './relations.ts';
import type { Attribute, PostgresType, Schema } from './schema.ts';
import { SHORTHANDS } from './shorthands.ts';
import { doc, object, property } from './text.ts';
import { createTypeNames, type TypeNames } from './type-names.ts';

const HEADING = `/** The schema \`public\` as TypeScript: made by \`npm run gen\`, not by hand. */

/** Any JSON value. */
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];
`;

function printEnum({ name, labels }: PostgresType): string {
  return `${property(name)}: ${labels.map((label) => JSON.stringify(label)).join(' | ')};`;
}

const canBeNull = ({ comment }: Attribute) => /\bnull\b/i.test(comment ?? '');

function printComposite({ name, attributes }: PostgresType, nameOf: TypeNames): string {
  const members = attributes.map((attribute) => {
    const type = `${nameOf(attribute.type)}${canBeNull(attribute) ? ' | null' : ''}`;
    return `${doc(attribute.comment)}${property(attribute.name)}: ${type};`;
  });
  return `${property(name)}: ${object(members)};`;
}

/**
 * Prints a schema as the generic that `createClient<Database>` takes.
 *
 * @throws Error naming what cannot be called through the API
 */
export function printTypes({ relations, functions, types }: Schema): string {
  const nameOf = createTypeNames(types);
  const own = types.filter(({ schema }) => schema === 'public');
  const print = (isView: boolean) =>
    object(
      relations
        .filter((relation) => relation.isView === isView)
        .map((relation) => printRelation(relation, nameOf)),
    );
  const composites = own.filter(({ kind, relationKind }) => kind === 'c' && relationKind === 'c');
  const sections = [
    `Tables: ${print(false)};`,
    `Views: ${print(true)};`,
    `Functions: ${object(printFunctions(functions, types, nameOf))};`,
    `Enums: ${object(own.filter(({ kind }) => kind === 'e').map(printEnum))};`,
    `CompositeTypes: ${object(composites.map((type) => doc(type.comment) + printComposite(type, nameOf)))};`,
  ];
  return `${HEADING}\nexport type Database = { public: ${object(sections)}; };\n${SHORTHANDS}`;
}
