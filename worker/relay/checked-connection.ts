/** Connecting to addresses that were checked, and to no others. */
import type { LookupFunction } from 'node:net';
import type { CheckedAddress } from '../guard/guard.ts';

/** Stands in for the resolution of a name, so that it is not resolved a second time. */
export function lookupOf(addresses: readonly CheckedAddress[]): LookupFunction {
  return (_host, { all }, answer) => {
    const [first] = addresses as [CheckedAddress];
    if (all) answer(null, [...addresses]);
    else answer(null, first.address, first.family);
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  ETIMEDOUT: 'did not answer in time',
  ENETUNREACH: 'cannot be reached from here',
  EHOSTUNREACH: 'cannot be reached from here',
};

/** What went wrong with a connection, for people; names no address. */
export function describeFailure(who: string, error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const { code = 'unknown error' } = Object(first) as { code?: string };
  if (/CERT|SELF_SIGNED|ALTNAME|ERR_TLS/.test(code)) {
    return `${who} has no valid TLS certificate (${code}).`;
  }
  return `${who} ${REASONS[code] ?? `failed (${code})`}.`;
}
