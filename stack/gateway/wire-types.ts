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

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * lite turns an object into JSON text in some places (RPC arguments, auth, storage) and leaves that
 * to the driver in others, which would turn the text into a JSON string.
 */
function jsonText(value: unknown): string {
  return typeof value === 'string' && isJson(value) ? value : JSON.stringify(value);
}

/** A filter brings the text that the client wrote. */
function booleanText(value: unknown): string {
  return String(value === true ? 't' : value === false ? 'f' : value);
}

/** How values enter and leave the database, in PostgREST's forms where lite's differ. */
export const WIRE_TYPES: Record<string, WireType> = {
  json: { to: 114, from: [114], serialize: jsonText, parse: JSON.parse },
  jsonb: { to: 3802, from: [3802], serialize: jsonText, parse: JSON.parse },
  bool: { to: 16, from: [16], serialize: booleanText, parse: (text: string) => text === 't' },
  timestamptz: wireType(1184, isoTimestamp),
  timestamp: wireType(1114, isoTimestamp),
  numeric: wireType(1700, finiteNumber),
  bytea: wireType(17, (text) => text),
};
