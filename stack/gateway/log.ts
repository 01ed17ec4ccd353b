/** What lite prints to the console, cut down to what an operator can act on. */
import { RequestRefused } from './request-refused.ts';

interface CodedError extends Error {
  readonly code?: string;
  readonly detail?: string;
}

/**
 * SQLSTATE classes by which the database refuses a request rather than fails, and what is told once a
 * minute (`SessionShares`).
 */
const REFUSAL =
  /^(POOL_EXHAUSTED|PT[1-4]..|PGRST\d{3}|0[LP]...|2[0-8]...|40...|42...|44...|P0001)$/;

function pgrstStatus(error: CodedError): number {
  const { status } = JSON.parse(error.detail ?? '{}') as { status?: number };
  return status ?? 500;
}

/** True for an error that only tells a client what it did wrong: the client has been told. */
function isRefusal(value: unknown): boolean {
  if (!(value instanceof Error)) return false;
  if (value instanceof RequestRefused) return true;
  const error = value as CodedError;
  if (error.message.startsWith('Could not find the table')) return true;
  if (error.code === 'PGRST') return pgrstStatus(error) < 500;
  return typeof error.code === 'string' && REFUSAL.test(error.code);
}

function oneLine(value: unknown): string {
  if (!(value instanceof Error)) return String(value);
  if (value.cause) return oneLine(value.cause);
  const { name, code, message, stack } = value as CodedError;
  const place = stack?.split('\n').find((line) => line.startsWith('    at '));
  return `${name}${code ? ` ${code}` : ''}: ${message}${place ? ` (${place.trim()})` : ''}`;
}

/** Makes `console.error` and `console.warn` print one line each, and leave out refusals. */
export function tidyConsole(): void {
  const print = console.error.bind(console);
  const printTidy = (...values: unknown[]) => {
    if (values.some(isRefusal)) return;
    print(`gateway: ${values.map(oneLine).join(' ')}`.replaceAll('\n', ' '));
  };
  console.error = printTidy;
  console.warn = (...values: unknown[]) => {
    if (String(values[0]).startsWith('EXPERIMENTAL FEATURES')) return;
    printTidy(...values);
  };
}
