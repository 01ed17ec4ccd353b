/** The files of the checkout that are made from the migrations. */
import type { MigratedDatabase } from './checks/databases.ts';
import { ERRORS_FILE, generateErrors } from './generate-errors.ts';
import { generateSchema, SCHEMA_FILE } from './generate-schema.ts';
import { generateTypes, TYPES_FILE } from './generate-types.ts';

export interface GeneratedFile {
  /** Its path in the repository. */
  readonly file: string;
  /** Makes its content of a database that was migrated and not used since. */
  generate(database: MigratedDatabase): Promise<string>;
}

export const GENERATED: readonly GeneratedFile[] = [
  { file: SCHEMA_FILE, generate: generateSchema },
  { file: TYPES_FILE, generate: ({ url }) => generateTypes(url) },
  { file: ERRORS_FILE, generate: ({ url }) => generateErrors(url) },
];
