// The chaos worker's queue: of the messages of a delivery some are dropped, some come later, some are handled three times.
import { draws, passing, report } from './worker-boundary.ts';

/** Longer than the product waits for a message, and shorter. */
const DELAYS_SECONDS = [3, 8, 20] as const;

/** How often a message that is repeated is handled. */
const TIMES = 3;

export async function deliverChaotically(
  batch: MessageBatch<unknown>,
  handle: (batch: MessageBatch<unknown>) => Promise<void>,
): Promise<void> {
  const kept: Message<unknown>[] = [];
  const repeated: Message<unknown>[] = [];
  for (const [index, message] of batch.messages.entries()) {
    if (draws('drop')) {
      await report('drop', batch.queue);
      message.ack();
    } else if (draws('delay')) {
      await report('delay', batch.queue);
      message.retry({ delaySeconds: DELAYS_SECONDS[index % DELAYS_SECONDS.length] ?? 3 });
    } else {
      kept.push(message);
      if (draws('triple')) {
        await report('triple', batch.queue);
        repeated.push(message);
      }
    }
  }
  const copies = Array.from({ length: TIMES - 1 }, () => repeated.map(copyOf)).filter(({ length }) => length);
  await passing('queue.delivery', () =>
    Promise.all([kept, ...copies].map((messages) => handle(withMessages(batch, messages)))),
  );
}

/** Its acknowledgement counts for nothing: the message itself has one. */
function copyOf(message: Message<unknown>): Message<unknown> {
  const { id, timestamp, body, attempts } = message;
  return { id, timestamp, body, attempts, ack: () => undefined, retry: () => undefined } as Message<unknown>;
}

function withMessages(
  batch: MessageBatch<unknown>,
  messages: readonly Message<unknown>[],
): MessageBatch<unknown> {
  return new Proxy(batch, {
    get: (target, name) => (name === 'messages' ? messages : Reflect.get(target, name, target)),
  });
}
