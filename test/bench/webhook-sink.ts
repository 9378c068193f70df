// Forked by a benchmark: an HTTP server that answers every webhook at once and keeps it, for its sender to be judged later.
// It says where it listens, and, asked for so many webhooks, what came once they are there.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Arrival {
  path: string;
  /** By their names in lower case. */
  headers: Record<string, string>;
  body: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** How many are to come, counted from the last order. */
export interface SinkOrder {
  count: number;
}

export type SinkMessage = { kind: 'listening'; port: number } | { kind: 'arrivals'; arrivals: Arrival[] };

/** Without a new one for so long, none is waited for any more. */
const PATIENCE_MS = 20_000;

/** One that is sent twice comes the second time within this, in all likelihood. */
const AFTERWARDS_MS = 500;
const LOOK_INTERVAL_MS = 10;

let arrivals: Arrival[] = [];

const server = createServer((request, response) => {
  const at = Date.now();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    arrivals.push({
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString(),
      at,
    });
    response.writeHead(204).end();
  });
});

async function arrived(count: number): Promise<Arrival[]> {
  for (let [known, at] = [0, Date.now()]; arrivals.length < count && Date.now() - at < PATIENCE_MS; ) {
    if (arrivals.length > known) [known, at] = [arrivals.length, Date.now()];
    await sleep(LOOK_INTERVAL_MS);
  }
  await sleep(AFTERWARDS_MS);
  const taken = arrivals;
  arrivals = [];
  return taken;
}

function say(message: SinkMessage): void {
  process.send?.(message);
}

server.listen(0, '127.0.0.1', () => {
  say({ kind: 'listening', port: (server.address() as AddressInfo).port });
});
process.on('message', async ({ count }: SinkOrder) => {
  say({ kind: 'arrivals', arrivals: await arrived(count) });
});
process.once('disconnect', () => process.exit());
