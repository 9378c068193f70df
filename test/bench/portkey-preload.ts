// Loaded into Portkey's gateway before its own code: keeps it on loopback, and lets it stream beside today's packages.
import { Server } from 'node:net';

const listen = Server.prototype.listen;
const fetchAnswer = globalThis.fetch;

// It listens on all interfaces and has no option against it.
Server.prototype.listen = function (this: Server, ...args: unknown[]) {
  const [first, second] = args;
  const options = typeof first === 'object' && first !== null ? first : { port: first };
  const callback = args.find((argument) => typeof argument === 'function');
  const backlog = typeof second === 'number' ? { backlog: second } : {};
  return Reflect.apply(listen, this, [{ ...options, ...backlog, host: '127.0.0.1' }, callback]);
} as typeof listen;

// It adds headers to the Response it makes of a provider's. Up to the version of its own lock file, 1.13.5,
// @hono/node-server copied them for it; the one npm installs hands it the provider's, which cannot be changed, and every
// stream ends in an error 500 ("immutable").
globalThis.fetch = async (...request) => {
  const answer = await fetchAnswer(...request);
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    Object.defineProperty(answer, 'headers', { value: new Headers(answer.headers) });
  }
  return answer;
};
