/** Rows of `realtime.messages` on their way to those who joined their topics. */
import type { Backlog } from './backlog.ts';
import type { Broadcast } from './frames.ts';
import type { Transaction } from './replication/logical-stream.ts';
import type { Row } from './replication/pgoutput.ts';
import type { Topics } from './topics.ts';

function bodyOf(row: Row): Broadcast['body'] | null {
  if (row.binary_payload) return Buffer.from(row.binary_payload.slice('\\x'.length), 'hex');
  return row.payload ?? null;
}

function deliverRow(row: Row, topics: Topics, backlog: Backlog): void {
  const body = bodyOf(row);
  if (body === null || !row.event || !row.topic || !row.id) return;
  const isPrivate = row.private === 't';
  const broadcast: Broadcast = { event: row.event, body, meta: { id: row.id } };
  backlog.add({ topic: row.topic, isPrivate, broadcast });
  topics.find(row.topic, isPrivate)?.broadcast(broadcast);
}

/** Delivers a transaction's messages in the order in which they were inserted. */
export function broadcastMessages(
  { changes }: Transaction,
  topics: Topics,
  backlog: Backlog,
): void {
  for (const { record } of changes) if (record) deliverRow(record, topics, backlog);
}
