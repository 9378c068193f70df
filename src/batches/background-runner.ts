// Runs a delivery's messages outside of it, for a queue that delivers one batch of messages at a time and waits for it, as
// the local one does: a slow item then holds up no one else.
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { BatchMessage } from './batch-spec';
import { runInBackground } from './consumer';

export class BackgroundRunner extends WorkerEntrypoint<Env> {
  /** Answers when it is done, and goes on where its caller does not wait for that. */
  run(batchId: string, messages: BatchMessage[]): Promise<void> {
    const work = runInBackground(this.env, batchId, messages);
    this.ctx.waitUntil(work);
    return work;
  }
}
