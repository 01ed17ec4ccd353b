/**
 * Loaded into each of the stack's own Node programs: ends the program when its supervisor is gone,
 * however that went, which shows in the closing of its stdin.
 */
const PATIENCE_MS = 5_000;

function endSelf(): void {
  setTimeout(() => process.exit(1), PATIENCE_MS).unref();
  process.kill(process.pid, 'SIGTERM');
}

process.stdin.on('error', endSelf);
process.stdin.on('end', endSelf);
process.stdin.resume();
(process.stdin as typeof process.stdin & { unref?(): void }).unref?.();
