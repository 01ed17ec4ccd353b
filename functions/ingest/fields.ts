/** Pieces of payloads that several media servers have in common. */
import * as v from 'valibot';

/** Any text of a payload, bounded. */
export const Text = v.pipe(v.string(), v.maxLength(4096));

/** What a server calls one publisher. */
export const PublisherId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._:-]{1,128}$/));

/** What we call one server. */
export const ServerName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._:-]{1,64}$/));

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The stream that a name stands for: the name's last path segment, or null if that is no id. */
export function streamIdOf(name: string): string | null {
  const id = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  return UUID.test(id) ? id : null;
}

/** Parses `?key=…&token=…`, with or without the question mark. */
export function queryOf(text: string): URLSearchParams {
  return new URLSearchParams(text.startsWith('?') ? text.slice(1) : text);
}

/** A valid IP address, IPv4-mapped ones in their short form, or null. */
export function addressOf(text: string): string | null {
  const address = text.replace(/^::ffff:(?=\d+\.)/i, '');
  const isV4 = /^\d{1,3}(\.\d{1,3}){3}$/.test(address);
  const url = URL.parse(isV4 ? `http://${address}` : `http://[${address}]`);
  return url?.hostname.replace(/^\[|\]$/g, '') ?? null;
}
