// Servers for a benchmark: of their own for one measurement, and, where operations are counted, with the counting Worker.
import { Server } from '../e2e/server.ts';
import type { OperationCounts } from './operation-counts.ts';

const COUNTING_WORKER = 'test/bench/counting-worker.ts';

/** How often one measurement is begun again where the source changed under it. */
const TRIES_MAXIMUM = 3;

/**
 * A server of its own for one measurement. Where a source file changed meanwhile, the server was loaded anew: what was
 * measured is two versions and a restart, and is measured again.
 */
export async function withServer<T>(args: string[], use: (server: Server) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const server = await Server.start(args);
    try {
      const result = await use(server);
      if (!server.output().includes('Reloading')) return result;
      if (tries === TRIES_MAXIMUM) throw new Error('the source keeps changing: run it again');
    } finally {
      await server.stop();
    }
  }
}

/** @param detached whether deliveries go on beside each other, or one after the other as the local queue makes them */
export function withCountingServer<T>(detached: boolean, use: (server: Server) => Promise<T>): Promise<T> {
  return withServer([COUNTING_WORKER, '--var', `DETACH_DELIVERIES:${detached}`], use);
}

/** What was counted since the last time. */
export async function takeCounts(server: Server): Promise<OperationCounts> {
  const response = await fetch(`${server.origin}/__counts`, { method: 'POST' });
  if (!response.ok) throw new Error(`the counts were refused: ${response.status}`);
  return (await response.json()) as OperationCounts;
}
