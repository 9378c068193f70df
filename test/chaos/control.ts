// What the chaos worker speaks to: it counts what is injected, and kills the server when the worker passes the boundary
// that was chosen. The worker gets no answer then, so that nothing goes on behind the boundary.
import { createServer, type Server as HttpServer } from 'node:http';

export class Control {
  /** How often what was injected, by `kind where`. */
  readonly injected = new Map<string, number>();
  readonly #server: HttpServer;
  /** Who is told that the boundary was reached. */
  onBoundary: (boundary: string) => void = () => undefined;

  private constructor(server: HttpServer) {
    this.#server = server;
  }

  static async start(): Promise<Control> {
    const server = createServer();
    const control = new Control(server);
    server.on('request', (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
      request.resume();
      if (pathname === '/kill') return control.onBoundary(searchParams.get('boundary') ?? '');
      control.count(searchParams.get('injection') ?? '', searchParams.get('where') ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return control;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  count(kind: string, where: string): void {
    const key = `${kind} ${where}`;
    this.injected.set(key, (this.injected.get(key) ?? 0) + 1);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
