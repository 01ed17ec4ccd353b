/** The limit: `ws` and nothing else. What one socket says is sent to all others. Prints its port. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: 1_000_000,
  perMessageDeflate: false,
});
const http = createServer();
http.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (speaker) => {
    speaker.on('message', (data) => {
      for (const client of sockets.clients) if (client !== speaker) client.send(data);
    });
  });
});
http.listen(0, '127.0.0.1', () => console.log((http.address() as AddressInfo).port));
process.once('SIGTERM', () => process.exit(0));
