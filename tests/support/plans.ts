/** What Postgres does for a query, as its plan says. */
import type { TransactionSql } from 'postgres';

/** Queries by what they are for. */
type Queries = Readonly<Record<string, string>>;

/** What a domain's `tests/sql/query-plans/<domain>.ts` exports: its tables, full, and what is asked of them. */
export interface DomainPlans {
  /**
   * SQL that gives each of the domain's tables `rows` rows; the domains before it have filled theirs. It runs
   * as the superuser, without triggers. User number n (from 1) is `md5('u' || n)::uuid`.
   */
  fill?(rows: number): string;
  /** Tables of `public` that stay so small that reading all of one is right. */
  readonly small?: readonly string[];
  /** What clients ask, whether signed in or not. */
  readonly anyone?: Queries;
  /** What only signed-in clients ask; `auth.uid()` is user number 7. */
  readonly signedIn?: Queries;
  /** What functions ask, with the rights of the tables' owner. */
  readonly functions?: Queries;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The tables that a query would read from end to end. */
export async function scannedTables(sql: TransactionSql, query: string): Promise<string[]> {
  const [row] = await sql.unsafe(`explain (format json) ${query}`);
  const scanned: string[] = [];
  const visit = (node: PlanNode) => {
    if (node['Node Type'] === 'Seq Scan') scanned.push(node['Relation Name'] ?? '?');
    node.Plans?.forEach(visit);
  };
  visit(row?.['QUERY PLAN'][0].Plan);
  return scanned;
}
