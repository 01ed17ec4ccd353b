/** Requests from other addresses than 127.0.0.1: all of 127.0.0.0/8 is this machine on Linux. */
import { type OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface PlainRequest {
  readonly method?: string;
  /** The path as it goes over the wire, where it is not the URL's. */
  readonly path?: string;
}

/**
 * Sends a request from an address of this machine, on a connection of its own.
 *
 * @param from the address, such as 127.0.0.2
 */
export function requestFrom(
  from: string,
  url: string,
  headers: OutgoingHttpHeaders = {},
  options: PlainRequest = {},
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, localAddress: from, agent: false, ...options });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      const { statusCode = 0, headers: answered } = answer;
      text(answer).then((body) => resolve({ status: statusCode, headers: answered, body }), reject);
    });
    outgoing.end();
  });
}
