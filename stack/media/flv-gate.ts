/** Lets only playback requests through to node-media-server's HTTP server, and asks about each. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { HookClient, Refusal, Verdict } from './hook-client.ts';
import { APPLICATION, parseFlvUrl } from './stream-path.ts';

const NO_PAGE: Refusal = {
  isAllowed: false,
  status: 404,
  rule: 'not_found',
  message: 'There is nothing here.',
  hint: `Streams are played from /${APPLICATION}/<stream id>.flv.`,
};

const NO_METHOD: Refusal = {
  isAllowed: false,
  status: 405,
  rule: 'method_not_allowed',
  message: 'Streams are only played over HTTP.',
  hint: 'Publish over RTMP.',
};

function refuse(response: ServerResponse, { status, rule, message, hint }: Refusal): void {
  const body = { code: `PT${status}`, message, details: rule, hint };
  response.writeHead(status, {
    'content-type': 'application/json',
    'access-control-allow-origin': '*',
  });
  response.end(JSON.stringify(body));
}

async function judge(hooks: HookClient, request: IncomingMessage): Promise<Verdict> {
  const target = parseFlvUrl(request.url ?? '');
  if (!target) return NO_PAGE;
  return await hooks.askPlay({
    id: randomUUID(),
    ip: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
    name: target.streamId,
    protocol: 'flv',
    createtime: Date.now(),
    query: Object.fromEntries(target.query),
  });
}

/** Asks about each HTTP request before the library's own listener sees it. */
export function guardHttp(server: Server, hooks: HookClient): void {
  const [serve] = server.listeners('request') as [RequestListener];
  server.removeListener('request', serve);
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'OPTIONS') return serve(request, response);
    if (request.method !== 'GET') return refuse(response, NO_METHOD);
    const verdict = await judge(hooks, request);
    if (request.socket.destroyed) return;
    if (verdict.isAllowed) serve(request, response);
    else refuse(response, verdict);
  });
}

type Reply = (isAllowed: boolean, status?: number, message?: string) => void;

/** The same question for WebSockets, in the form that `ws` asks it; a subprotocol means a push. */
export function webSocketGuard(hooks: HookClient) {
  return async ({ req }: { req: IncomingMessage }, reply: Reply): Promise<void> => {
    const isPush = req.headers['sec-websocket-protocol'] !== undefined;
    const verdict = isPush ? NO_METHOD : await judge(hooks, req);
    if (verdict.isAllowed) reply(true);
    else reply(false, verdict.status, verdict.message);
  };
}
