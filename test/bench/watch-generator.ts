// Forked by a benchmark with an order as its argument: so many clients follow one batch, by its stream or by polling.
// It says when all of them are at it and when all know of the end, and then, told what was committed when, how long each
// client took to know of each commit. Written on sockets, as the other generator.
import { connect, type Socket } from 'node:net';
import { addTo, type Histogram } from './histogram.ts';
import { HEAD_END, HttpAnswer } from './http-answer.ts';
import type { Commit } from './observations.ts';

export interface WatchOrder {
  way: 'stream' | 'poll';
  port: number;
  path: string;
  headers: Record<string, string>;
  clients: number;
  /** Of polling: from a request to the client's next one. */
  intervalMs: number;
}

/** What happened, for the clients to be held to. */
export interface WatchTruth {
  commits: Commit[];
  endedAt: number;
}

export interface WatchResult {
  /** Events or answers. */
  messages: number;
  bytes: number;
  /** Connections that were refused or broke, and answers that were no success. */
  failures: number;
  /** Clients that were told of the end. */
  ended: number;
  delays: Histogram;
  endDelays: Histogram;
  cpuMs: number;
}

export type WatchMessage = { kind: 'watching' } | { kind: 'ended' } | { kind: 'result'; result: WatchResult };

/** More at once would overflow the queue of connections that wait to be accepted. */
const CONNECTING_AT_ONCE = 50;

/** What a batch is that has not ended. */
const RUNNING: ReadonlySet<string> = new Set(['pending', 'running']);

/** Longer than the start of any event, which may come in two pieces. */
const EVENT_START_CHARACTERS = 64;

/** One connection, and what its client sees: each message's place in the batch's history, and when it came. */
class Client {
  readonly socket: Socket;
  readonly answer = new HttpAnswer();
  readonly places: number[] = [];
  readonly times: number[] = [];
  /** When it was told of the end. */
  endAt: number | null = null;
  bytes = 0;
  failures = 0;
  readonly #order: WatchOrder;
  readonly #begun = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();

  constructor(order: WatchOrder) {
    this.#order = order;
    this.socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
    // What it closes counts as a failure.
    this.socket.on('error', () => undefined);
    this.socket.once('close', () => {
      this.failures += 1;
      this.close();
    });
    this.socket.once('connect', () => this.ask());
    if (order.way === 'stream') followStream(this);
    else followByPolling(this, order.intervalMs);
  }

  /** Once the first message has come. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Once nothing more comes. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  ask(): void {
    const { port, path, headers } = this.#order;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    this.answer.begin();
    this.socket.write([`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...lines].join('\r\n') + HEAD_END);
  }

  see(place: number, isEnd: boolean): void {
    const now = Date.now();
    this.places.push(place);
    this.times.push(now);
    if (isEnd) this.endAt = now;
    this.#begun.resolve();
  }

  close(): void {
    this.socket.removeAllListeners('close');
    this.socket.destroy();
    this.#begun.resolve();
    this.#over.resolve();
  }
}

function followStream(client: Client): void {
  const { socket, answer } = client;
  let text = '';
  socket.on('data', (piece: string) => {
    client.bytes += piece.length;
    answer.add(piece);
    text += piece;
    let read = 0;
    for (const match of text.matchAll(/id: (\d+)\nevent: (status|done)\n/g)) {
      client.see(Number(match[1]), match[2] === 'done');
      read = match.index + match[0].length;
    }
    text = text.slice(Math.max(read, text.length - EVENT_START_CHARACTERS));
    if (!answer.isWhole) return;
    if (client.endAt === null) client.failures += 1;
    client.close();
  });
}

function followByPolling(client: Client, intervalMs: number): void {
  const { socket, answer } = client;
  let text = '';
  // Clients that came one after the other do not ask so for ever.
  let nextAt = Date.now() + Math.random() * intervalMs;
  socket.on('data', (piece: string) => {
    client.bytes += piece.length;
    answer.add(piece);
    text += piece;
    if (!answer.isWhole) return;
    const [, status = '', completed, failed] =
      /"status":"(\w+)".*?"completed":(\d+),"failed":(\d+)/.exec(text) ?? [];
    text = '';
    if (!answer.isSuccess) client.failures += 1;
    else client.see(Number(completed) + Number(failed), !RUNNING.has(status));
    if (client.endAt !== null) return client.close();
    setTimeout(() => client.ask(), nextAt - Date.now());
    nextAt = Math.max(nextAt, Date.now()) + intervalMs;
  });
}

/** How long each client took to know of what was there already when it came. */
function judge(
  clients: readonly Client[],
  way: WatchOrder['way'],
  { commits, endedAt }: WatchTruth,
): Pick<WatchResult, 'delays' | 'endDelays'> {
  const delays: Histogram = {};
  const endDelays: Histogram = {};
  for (const { places, times, endAt } of clients) {
    let seen = 0;
    for (const { at, sequence, done } of commits) {
      const place = way === 'stream' ? sequence : done;
      while (seen < places.length && (places[seen] ?? 0) < place) seen++;
      const time = times[seen];
      if (time !== undefined) addTo(delays, time - at);
    }
    if (endAt !== null) addTo(endDelays, endAt - endedAt);
  }
  return { delays, endDelays };
}

function say(message: WatchMessage): void {
  process.send?.(message);
}

async function watchAll(order: WatchOrder): Promise<Client[]> {
  const clients: Client[] = [];
  await Promise.all(
    Array.from({ length: CONNECTING_AT_ONCE }, async () => {
      while (clients.length < order.clients) {
        const client = new Client(order);
        clients.push(client);
        await client.begun;
      }
    }),
  );
  say({ kind: 'watching' });
  await Promise.all(clients.map(({ over }) => over));
  say({ kind: 'ended' });
  return clients;
}

const order: WatchOrder = JSON.parse(process.argv[2] ?? '');
const clients = await watchAll(order);
process.once('message', (truth: WatchTruth) => {
  const { user, system } = process.cpuUsage();
  const sum = (of: (client: Client) => number) => clients.reduce((total, client) => total + of(client), 0);
  const result: WatchResult = {
    messages: sum(({ places }) => places.length),
    bytes: sum(({ bytes }) => bytes),
    failures: sum(({ failures }) => failures),
    ended: sum(({ endAt }) => (endAt === null ? 0 : 1)),
    ...judge(clients, order.way, truth),
    cpuMs: (user + system) / 1000,
  };
  say({ kind: 'result', result });
});
process.once('disconnect', () => process.exit());
