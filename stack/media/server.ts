import NodeMediaServer from 'node-media-server';
import Context, { type RtmpSession } from 'node-media-server/src/core/context.js';
import { HOST } from '../../lib/host.ts';
import type { StackConfig } from '../config.ts';
import { guardHttp, webSocketGuard } from './flv-gate.ts';
import { type Gatekeepers, RtmpConnection } from './rtmp-connection.ts';
import { dropSlowViewers, endViewers } from './viewers.ts';

const SLOW_VIEWER_CHECK_MS = 2_000;

function newSessionOf(socket: unknown): RtmpSession | undefined {
  const sessions = [...Context.sessions.values()];
  return sessions.findLast((session) => session.socket === socket) as RtmpSession | undefined;
}

/**
 * Makes node-media-server without its console, API, recorder and store, every door guarded.
 * Nothing listens until `run` of its two servers.
 */
function createServer({ ports }: StackConfig, gate: Gatekeepers): NodeMediaServer {
  const server = new NodeMediaServer({
    bind: HOST,
    rtmp: { port: ports.rtmp },
    http: { port: ports.media },
    webadmin: { enable: false },
  });
  guardHttp(server.httpServer.httpServer, gate.hooks);
  server.httpServer.wsServer.options.verifyClient = webSocketGuard(gate.hooks);
  server.rtmpServer.tcpServer.on('connection', (socket) => {
    const session = newSessionOf(socket);
    if (session) new RtmpConnection(session, gate);
    else socket.destroy();
  });
  return server;
}

/** Starts to listen for publishers and players. A port that is taken ends the process. */
export function listen(config: StackConfig, gate: Gatekeepers): void {
  const server = createServer(config, gate);
  server.on('donePublish', ({ streamPath }) => setImmediate(endViewers, streamPath));
  setInterval(dropSlowViewers, SLOW_VIEWER_CHECK_MS);
  server.httpServer.run();
  server.rtmpServer.run();
}
