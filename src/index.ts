// Wiring only: HTTP, queues by name, the cron, and the Durable Object classes.
import { consumeBatchQueue, consumeDeadLetters } from './batches/consumer';
import { sweepBatches } from './batches/sweep';
import { sweepFiles } from './files/sweep';
import { app } from './http/app';

export { AccountObject } from './accounts/account-object';
export { IdempotencyObject } from './accounts/idempotency-object';
export { RegistryObject } from './accounts/registry-object';
export { BackgroundRunner } from './batches/background-runner';
export { BatchObject } from './batches/batch-object';
export { WebhookObject } from './webhooks/webhook-object';

export default {
  fetch: app.fetch,
  async queue(batch, env) {
    if (batch.queue === 'quire-batches') await consumeBatchQueue(batch, env);
    else await consumeDeadLetters(batch, env);
  },
  async scheduled(controller, env) {
    await sweepFiles(env, controller.scheduledTime);
    await sweepBatches(env, controller.scheduledTime);
  },
} satisfies ExportedHandler<Env>;
