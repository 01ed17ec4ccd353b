/** Opens a source over HTTP, following its redirects, each of them checked. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { Guard } from '../guard/guard.ts';
import { Refused } from '../guard/refused.ts';
import { describeFailure, lookupOf } from './checked-connection.ts';

const MAX_REDIRECTS = 5;
const ANSWER_TIMEOUT_MS = 20_000;
const WHO = 'The source';

export interface Source {
  readonly url: string;
  /** Our own storage's address, which may be in a private network; what it redirects to may not. */
  readonly isOurs: boolean;
}

export interface SourceRequest {
  readonly method: string;
  readonly range: string | undefined;
  readonly signal: AbortSignal;
}

function parse(text: string, base?: string): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : null;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new Refused(`${WHO} is no http:// or https:// address.`);
}

/** Asks one address; no other is connected to than those that were checked. */
async function ask(
  url: URL,
  guard: Guard,
  isOurs: boolean,
  { method, range, signal }: SourceRequest,
): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = await guard.source(host, Number(url.port || (isTls ? 443 : 80)), isOurs);
  const request: ClientRequest = (isTls ? requestHttps : requestHttp)(url, {
    method,
    agent: false,
    lookup: lookupOf(addresses),
    servername: isIP(host) ? '' : host,
    headers: {
      'user-agent': 'Streambed',
      accept: '*/*',
      'accept-encoding': 'identity',
      ...(range && { range }),
    },
    signal,
  });
  request.setTimeout(ANSWER_TIMEOUT_MS, () => {
    request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }));
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', () => {}); // shows in the response, which is cut
  request.setTimeout(0);
  return response;
}

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined;
}

/**
 * The source's own answer, of whatever status.
 * @throws Refused saying why there is none
 */
export async function fetchSource(
  source: Source,
  guard: Guard,
  options: SourceRequest,
): Promise<IncomingMessage> {
  let url = parse(source.url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const isOurs = source.isOurs && hop === 0;
    const response = await ask(url, guard, isOurs, options).catch((error) => {
      throw error instanceof Refused ? error : new Refused(describeFailure(WHO, error));
    });
    if (!isRedirect(response)) return response;
    response.destroy();
    url = parse(response.headers.location as string, url.href);
  }
  throw new Refused(`${WHO} redirects more than ${MAX_REDIRECTS} times.`);
}
