// Where the server may send something while it is fuzzed: this machine alone, to a receiver made for it or to a closed port.
import { createServer, type Server } from 'node:http';
import { IMAGE } from './samples.ts';

/** Reserved for a protocol that nobody runs: connections are refused. */
const CLOSED_HOST = '127.0.0.1:9';

/** Names under `.invalid` never resolve (RFC 6761, section 6.4). */
const NOWHERE_HOST = 'quire.invalid';

/** A backslash counts to the host, so that no escape hides what follows. */
const URL_START = /https?:[\\/\s]*([^/"?#\s]*)/gi;

export class Targets {
  readonly receiver: string;
  readonly closed = `http://${CLOSED_HOST}/`;
  readonly nowhere = `https://${NOWHERE_HOST}/hook`;
  readonly #server: Server;
  readonly #hosts: ReadonlySet<string>;

  private constructor(server: Server, port: number) {
    this.#server = server;
    const host = `127.0.0.1:${port}`;
    this.receiver = `http://${host}`;
    this.#hosts = new Set([host, CLOSED_HOST, NOWHERE_HOST]);
  }

  static async start(): Promise<Targets> {
    const server = createServer((request, response) => {
      request.resume();
      request.once('end', () => {
        switch (request.url) {
          case '/image':
            return response.writeHead(200, { 'content-type': 'image/png' }).end(IMAGE.bytes);
          case '/redirect':
            return response.writeHead(302, { location: '/image' }).end();
          case '/gone':
            return response.writeHead(410).end();
          case '/failing':
            return response.writeHead(500).end('no');
          default:
            return response.writeHead(200, { 'content-type': 'text/plain' }).end('hello');
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return new Targets(server, typeof address === 'object' && address !== null ? address.port : 0);
  }

  /** Whether the server would find no URL in this body but those that stay here, however it reads the bytes. */
  areAllIn(body: Buffer): boolean {
    const text = body.toString('latin1').replaceAll('\0', '');
    return Array.from(text.matchAll(URL_START)).every(
      ([, host = '']) => host === '' || this.#hosts.has(host),
    );
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
