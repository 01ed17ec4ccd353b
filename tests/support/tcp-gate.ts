/** A way to a server that can be shut and opened again. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class TcpGate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #state: 'open' | 'shut' | 'silent' = 'open';

  private constructor(port: number) {
    this.#server = createServer((client) => {
      this.#keep(client);
      if (this.#state === 'shut') return void client.destroy();
      if (this.#state === 'silent') return;
      const upstream = this.#keep(connect(port, '127.0.0.1'));
      client.on('data', (bytes) => this.#state === 'open' && upstream.write(bytes));
      upstream.on('data', (bytes) => this.#state === 'open' && client.write(bytes));
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
  }

  /** To a port of this machine. */
  static async start(port: number): Promise<TcpGate> {
    const gate = new TcpGate(port);
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection and takes no more. */
  shut(): void {
    this.#state = 'shut';
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets nothing more through, and does not say so. */
  silence(): void {
    this.#state = 'silent';
  }

  /** Lets new connections through. */
  open(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#state = 'open';
  }

  stop(): void {
    this.shut();
    this.#server.close();
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {}); // shows in the closing
    return socket;
  }
}
