// An HTTP server on this machine that receives webhooks and fails at random, in every way a receiver can.
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How an attempt is answered. */
export type Behaviour = 'ok' | 'error' | 'reset' | 'lost' | 'slow' | 'hang';

export interface UnreliableReceipt {
  path: string;
  headers: Record<string, string>;
  body: string;
  behaviour: Behaviour;
}

const SLOW_MS = 700;

export class UnreliableReceiver {
  /** Oldest first, every attempt whose body arrived whole. */
  readonly received: UnreliableReceipt[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** A receiver on a free port of 127.0.0.1; `behave` says how each attempt is answered. */
  static async start(behave: () => Behaviour): Promise<UnreliableReceiver> {
    const server = createServer();
    const receiver = new UnreliableReceiver(server);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of request) chunks.push(chunk);
      } catch {
        // The sender was killed in the middle of it.
        return;
      }
      const behaviour = behave();
      receiver.received.push({
        path: request.url ?? '',
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: Buffer.concat(chunks).toString('utf8'),
        behaviour,
      });
      switch (behaviour) {
        case 'ok':
          return void response.writeHead(200).end('ok');
        case 'error':
          return void response.writeHead(500).end('no');
        case 'reset':
          return void request.socket.resetAndDestroy();
        case 'lost':
          // A status, and then the connection breaks: that counts as received.
          response.writeHead(200, { 'content-length': 100 }).write('so far');
          await sleep(20);
          return void request.socket.destroy();
        case 'slow':
          await sleep(SLOW_MS);
          return void response.writeHead(204).end();
        case 'hang':
          return;
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  url(path: string): string {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `http://127.0.0.1:${port}${path}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
