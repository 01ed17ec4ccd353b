/** The end of the generated file: short names for what an application uses most. */
export const SHORTHANDS = `
type Public = Database['public'];

/** A row of a table or view as it is read. */
export type Tables<Name extends keyof (Public['Tables'] & Public['Views'])> =
  (Public['Tables'] & Public['Views'])[Name]['Row'];

/** What inserting into a table takes. */
export type TablesInsert<Name extends keyof Public['Tables']> = Public['Tables'][Name]['Insert'];

/** What updating a table takes. */
export type TablesUpdate<Name extends keyof Public['Tables']> = Public['Tables'][Name]['Update'];

/** The values of an enum. */
export type Enums<Name extends keyof Public['Enums']> = Public['Enums'][Name];
`;
