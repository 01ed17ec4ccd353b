/** The state of the stack for people. */
import type { StackStatus } from './read.ts';

/** The addresses and keys, one a line. */
export function printAddresses(status: Omit<StackStatus, 'ready' | 'services'>): void {
  const rows: [string, string | null][] = [
    ['API URL', status.api_url],
    ['Publishable key', status.publishable_key],
    ['Secret key', status.secret_key],
    ['Database URL', status.db_url],
    ['Redis URL', status.redis_url],
    ['RTMP URL', status.rtmp_url],
    ['Media URL', status.media_url],
  ];
  for (const [label, value] of rows) console.log(`  ${label.padEnd(16)} ${value ?? '-'}`);
}

/** A table of the services and, when everything is up, the addresses. */
export function printStatus(status: StackStatus): void {
  const isRunning = status.services.some(({ pid }) => pid !== null);
  if (!isRunning) {
    console.log('The stack is not running; start it with: npm start');
    return;
  }
  console.log(status.ready ? 'The stack is ready.' : 'The stack is running, but not ready.');
  console.log(`\n  ${'service'.padEnd(12)}${'state'.padEnd(11)}${'pid'.padStart(8)}  restarts`);
  for (const { name, ready, pid, restarts } of status.services) {
    const state = ready ? 'ready' : 'not ready';
    console.log(
      `  ${name.padEnd(12)}${state.padEnd(11)}${String(pid ?? '-').padStart(8)}  ${restarts}`,
    );
  }
  console.log('');
  printAddresses(status);
}
