import type postgres from 'postgres';

type WireType = postgres.PostgresType;

function wireType(oid: number, parse: (text: string) => unknown): WireType {
  return { to: oid, from: [oid], serialize: String, parse };
}

function isoTimestamp(text: string): string {
  return text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00');
}

function finiteNumber(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

/** How column values leave the gateway, in PostgREST's forms where lite's differ. */
export const WIRE_TYPES: Record<string, WireType> = {
  timestamptz: wireType(1184, isoTimestamp),
  timestamp: wireType(1114, isoTimestamp),
  numeric: wireType(1700, finiteNumber),
  bytea: wireType(17, (text) => text),
};
