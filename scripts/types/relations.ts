/** Tables and views. */
import type { Column, Relation, Relationship } from './schema.ts';
import { doc, object, property } from './text.ts';
import type { TypeNames } from './type-names.ts';

function valueType({ type, nullable }: Column, nameOf: TypeNames): string {
  const name = nameOf(type);
  if (nullable) return name === 'unknown' ? name : `${name} | null`;
  return name === 'Json' ? 'NonNullable<Json>' : name;
}

function rowMember(column: Column, nameOf: TypeNames): string {
  return `${doc(column.comment)}${property(column.name)}: ${valueType(column, nameOf)};`;
}

function insertMember(column: Column, nameOf: TypeNames): string {
  if (column.generated) return `${property(column.name)}?: never;`;
  const mark = column.nullable || column.hasDefault ? '?' : '';
  return `${property(column.name)}${mark}: ${valueType(column, nameOf)};`;
}

function updateMember(column: Column, nameOf: TypeNames): string {
  const type = column.generated ? 'never' : valueType(column, nameOf);
  return `${property(column.name)}?: ${type};`;
}

const tuple = (names: readonly string[]) => `[${names.map((n) => JSON.stringify(n)).join(', ')}]`;

function relationship(fk: Relationship): string {
  return object([
    `foreignKeyName: ${JSON.stringify(fk.name)};`,
    `columns: ${tuple(fk.columns)};`,
    `isOneToOne: ${fk.isOneToOne};`,
    `referencedRelation: ${JSON.stringify(fk.referencedRelation)};`,
    `referencedColumns: ${tuple(fk.referencedColumns)};`,
  ]);
}

/** A member of `Tables`, or of `Views`: those are for reading only. */
export function printRelation(relation: Relation, nameOf: TypeNames): string {
  const { columns, relationships } = relation;
  const members = [
    `Row: ${object(columns.map((column) => rowMember(column, nameOf)))};`,
    'ComputedFields: never;',
    !relation.isView && `Insert: ${object(columns.map((c) => insertMember(c, nameOf)))};`,
    !relation.isView && `Update: ${object(columns.map((c) => updateMember(c, nameOf)))};`,
    `Relationships: [${relationships.map(relationship).join(', ')}];`,
  ].filter((member) => member !== false);
  return `${doc(relation.comment)}${property(relation.name)}: ${object(members)};`;
}
