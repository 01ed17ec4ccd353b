import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { networkList } from '../../lib/read-networks.ts';
import type { StackConfig } from '../config.ts';
import { bearerToken, namesNoRole } from './access-token.ts';
import { isReadableAddress, MALFORMED_ADDRESS } from './address.ts';
import { refusalBody, refuse } from './answer.ts';
import { answerPreflight, isPreflight, METHODS } from './cors.ts';
import { setForwardedHeaders } from './forwarded.ts';
import { proxyToFunctions } from './functions-proxy.ts';
import { answerHealth } from './health.ts';
import { type LiteService, liteListener } from './lite-listener.ts';
import { proxyToRealtime, proxyUpgrade } from './realtime-proxy.ts';
import { resolvePath } from './request-path.ts';

const NOT_FOUND = {
  code: 'not_found',
  message: 'No service answers at this path.',
  hint: 'The services are /rest/v1, /auth/v1, /storage/v1, /realtime/v1 and /functions/v1.',
} as const;

const NOT_AN_ACCESS_TOKEN = {
  code: 'PGRST301',
  message: 'No suitable key or wrong key type',
  details: 'The token names no role: it is not an access token.',
} as const;

const NO_METHOD = {
  code: 'method_not_allowed',
  message: 'No service knows this method.',
  hint: `Use one of ${METHODS}.`,
} as const;

function refuseUpgrade(socket: Duplex): void {
  const body = refusalBody(NOT_FOUND);
  socket.end(
    'HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-type: application/json\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function serviceOf(url: string): string | undefined {
  return /^\/(?:(rest|auth|storage|realtime)\/v1(?:[/?]|$)|(functions)\/v1\/[^/?]|(health)(?:\?|$))/
    .exec(url)
    ?.slice(1)
    .find(Boolean);
}

/** The HTTP server that hands each request to its service, by the first part of its path. */
export function createGatewayServer(config: StackConfig, service: LiteService): Server {
  const { connection } = service;
  const lite = liteListener(service);
  const proxies = networkList(config.trustedProxies);
  const tidyRequest = (request: IncomingMessage) => {
    setForwardedHeaders(request, proxies);
    resolvePath(request);
  };
  const server = createServer((request, response) => {
    if (!isReadableAddress(request.url ?? '/')) return refuse(response, 400, MALFORMED_ADDRESS);
    tidyRequest(request);
    if (!METHODS.split(', ').includes(request.method ?? '')) {
      response.setHeader('allow', METHODS);
      return refuse(response, 405, NO_METHOD);
    }
    if (namesNoRole(bearerToken(request.headers.authorization))) {
      return refuse(response, 401, NOT_AN_ACCESS_TOKEN);
    }
    switch (serviceOf(request.url ?? '/')) {
      case 'rest':
      case 'auth':
      case 'storage':
        return isPreflight(request) ? answerPreflight(request, response) : lite(request, response);
      case 'functions':
        return proxyToFunctions(config.functionsUrl, request, response);
      case 'realtime':
        if (isPreflight(request)) return answerPreflight(request, response);
        return proxyToRealtime(config.realtimeUrl, request, response);
      case 'health':
        return void answerHealth(connection, response);
      default:
        return refuse(response, 404, NOT_FOUND);
    }
  });
  server.on('upgrade', (request, socket, head) => {
    tidyRequest(request);
    if (serviceOf(request.url ?? '/') !== 'realtime') return refuseUpgrade(socket);
    proxyUpgrade(config.realtimeUrl, request, socket, head);
  });
  return server;
}
