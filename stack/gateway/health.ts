import type { ServerResponse } from 'node:http';
import { refuse } from './answer.ts';
import type { GatewayConnection } from './connection.ts';

const DATABASE_DOWN = {
  code: 'database_unavailable',
  message: 'The database does not answer.',
  hint: 'It is being started or restarted: try again in a few seconds.',
} as const;

/** Answers 200 when the database answers, else 503. */
export async function answerHealth(
  connection: GatewayConnection,
  response: ServerResponse,
): Promise<void> {
  try {
    await connection.own.run('select 1');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"status":"ok"}');
  } catch {
    refuse(response, 503, DATABASE_DOWN);
  }
}
