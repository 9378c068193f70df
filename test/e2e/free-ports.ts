// Ports of this machine that nobody listens on. Another process may still take one before its user does.
import { createServer, type Server } from 'node:net';

/** So many different free ports on 127.0.0.1: all are held until the last is found. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, holdPort));
  return Promise.all(held.map(releasePort));
}

function holdPort(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const holder = createServer();
    holder.once('error', reject);
    holder.listen(0, '127.0.0.1', () => resolve(holder));
  });
}

function releasePort(holder: Server): Promise<number> {
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return new Promise((resolve) => holder.close(() => resolve(port)));
}
