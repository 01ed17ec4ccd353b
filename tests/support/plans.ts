/** What Postgres does for a query, as its plan says. */
import type { TransactionSql } from 'postgres';

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
