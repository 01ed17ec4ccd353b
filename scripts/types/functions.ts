/** Functions, as `rpc` calls them. */
import type { Argument, DatabaseFunction, PostgresType } from './schema.ts';
import { doc, object, property } from './text.ts';
import type { TypeNames } from './type-names.ts';

const isInput = ({ mode }: Argument) => mode === 'i' || mode === 'b' || mode === 'v';
const isOutput = ({ mode }: Argument) => mode === 'o' || mode === 'b' || mode === 't';
const byName = (a: Argument, b: Argument) => (a.name < b.name ? -1 : 1);

function argumentsType(fn: DatabaseFunction, nameOf: TypeNames): string {
  const inputs = fn.args.filter(isInput);
  const nameless = inputs.find(({ name }) => name === '');
  if (nameless) throw new Error(`${fn.name}: an argument has no name, and rpc passes them by name`);
  return object(
    inputs
      .sort(byName)
      .map(
        ({ name, type, optional }) => `${property(name)}${optional ? '?' : ''}: ${nameOf(type)};`,
      ),
    'Record<PropertyKey, never>',
  );
}

/** The table or view whose rows it returns. */
function returnedRelation(fn: DatabaseFunction, types: readonly PostgresType[]) {
  const type = types.find(({ oid }) => oid === fn.returns);
  const isRelation = type?.schema === 'public' && type.relationKind && type.relationKind !== 'c';
  return isRelation ? type.name : undefined;
}

const returnsOneRow = (fn: DatabaseFunction) => !fn.returnsSet || fn.rows === 1;

function returnsType(fn: DatabaseFunction, relation: string | undefined, nameOf: TypeNames) {
  const outputs = fn.args.filter(isOutput);
  const one =
    outputs.length > 0
      ? object(outputs.sort(byName).map(({ name, type }) => `${property(name)}: ${nameOf(type)};`))
      : nameOf(fn.returns);
  const isArray = relation ? !returnsOneRow(fn) : fn.returnsSet;
  return isArray ? `${one}[]` : one;
}

/** What lets `select` on the result embed what the returned relation is related to. */
function setofOptions(fn: DatabaseFunction, relation: string): string {
  return `SetofOptions: ${object([
    `from: '*';`,
    `to: ${JSON.stringify(relation)};`,
    `isOneToOne: ${returnsOneRow(fn)};`,
    `isSetofReturn: ${fn.returnsSet};`,
  ])};`;
}

function printOne(fn: DatabaseFunction, types: readonly PostgresType[], nameOf: TypeNames): string {
  const relation = returnedRelation(fn, types);
  return object([
    `Args: ${argumentsType(fn, nameOf)};`,
    `Returns: ${returnsType(fn, relation, nameOf)};`,
    ...(relation ? [setofOptions(fn, relation)] : []),
  ]);
}

/**
 * The members of `Functions`; overloads of one name become a union.
 *
 * @throws Error for a function that has an argument without a name
 */
export function printFunctions(
  functions: readonly DatabaseFunction[],
  types: readonly PostgresType[],
  nameOf: TypeNames,
): string[] {
  const overloads = Map.groupBy(functions, ({ name }) => name);
  return [...overloads].map(([name, all]) => {
    const signatures = all.map((fn) => printOne(fn, types, nameOf)).join(' | ');
    return `${doc(all[0]?.comment ?? null)}${property(name)}: ${signatures};`;
  });
}
