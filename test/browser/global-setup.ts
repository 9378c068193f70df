// One real server for all browser tests; each makes what it needs in an account of its own.
import type { TestProject } from 'vitest/node';
import { Server } from '../e2e/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    origin: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await Server.start();
  project.provide('origin', server.origin);
  return () => server.stop();
}
