import type { Sql } from 'postgres';

const HOUR_MS = 3_600_000;

/** Keeps the partitions of `realtime.messages` ahead of time, and drops old ones, now and every hour. */
export function keepPartitions(sql: Sql, log: (line: string) => void): () => void {
  const keep = () =>
    sql`select realtime.keep_partitions()`.then(
      () => {},
      (error) => log(`partitions of realtime.messages: ${(error as Error).message}`),
    );
  void keep();
  const timer = setInterval(keep, HOUR_MS);
  return () => clearInterval(timer);
}
