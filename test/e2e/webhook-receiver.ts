// An HTTP server on this machine that keeps every webhook it is sent, byte for byte.
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than a batch's end and its delivery's first retry after 5 s, together. */
const WAIT_LIMIT_MS = 60_000;
const LOOK_INTERVAL_MS = 20;

export interface ReceivedWebhook {
  method: string;
  path: string;
  /** By their names in lower case. */
  headers: Record<string, string>;
  /** Exactly as it came: signatures are over these bytes. */
  body: Buffer;
}

export class WebhookReceiver {
  /** Oldest first. */
  readonly received: ReceivedWebhook[] = [];
  /** Requests whose body never came to its end. */
  cutOff = 0;
  readonly #server: Server;
  readonly #answers: number[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  /** A receiver on a free port of 127.0.0.1. It answers 200 until it is told otherwise. */
  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of request) chunks.push(chunk);
      } catch {
        // The sender has gone: nothing was received.
        receiver.cutOff += 1;
        return;
      }
      receiver.received.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: Buffer.concat(chunks),
      });
      response.writeHead(receiver.#answers.shift() ?? 200).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  /** Where webhooks are to be sent; the path tells one use from another. */
  url(path = '/'): string {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `http://127.0.0.1:${port}${path}`;
  }

  /** The next requests are answered with these statuses, then all others with 200 again. */
  answerNext(...statuses: number[]): void {
    this.#answers.push(...statuses);
  }

  /** What came to one path. */
  at(path: string): ReceivedWebhook[] {
    return this.received.filter((webhook) => webhook.path === path);
  }

  /** The webhooks at a path, once there are so many. */
  async waitFor(path: string, count = 1): Promise<ReceivedWebhook[]> {
    const until = Date.now() + WAIT_LIMIT_MS;
    while (this.at(path).length < count) {
      if (Date.now() > until) {
        throw new Error(`${this.at(path).length} of ${count} webhooks came to ${path}`);
      }
      await sleep(LOOK_INTERVAL_MS);
    }
    return this.at(path);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
