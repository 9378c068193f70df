// A batch in its Durable Object's memory, as it is stored: read once, changed in transactions only.
import type { BatchSpec } from './batch-spec';
import { BatchStore } from './batch-store';
import type { BatchState } from './state';

/** What an object holds of its batch. */
export interface Batch {
  spec: BatchSpec;
  state: BatchState;
}

export class BatchRecord {
  readonly store: BatchStore;
  readonly #storage: DurableObjectStorage;
  #batch: Batch | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.store = new BatchStore(storage.sql);
  }

  /** The batch, or null in an object that holds none. */
  get(): Batch | null {
    this.#batch ??= this.store.load();
    return this.#batch;
  }

  /** The batch where it is this account's. */
  owned(accountId: string): Batch | null {
    const batch = this.get();
    return batch?.spec.accountId === accountId ? batch : null;
  }

  /** The batch of an object that is known to hold one. */
  current(): Batch {
    const batch = this.get();
    if (batch === null) throw new Error('this batch object holds no batch');
    return batch;
  }

  /** Takes a new state, in a transaction: it is written once, with everything else. */
  save(state: BatchState): void {
    this.#batch = { ...this.current(), state };
  }

  /** All of it is stored, or nothing is and the batch is read again. */
  transaction<T>(run: () => T): T {
    const before = this.current().state;
    try {
      return this.#storage.transactionSync(() => {
        const result = run();
        const { state } = this.current();
        if (state !== before) this.store.saveState(state);
        return result;
      });
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** What is in memory may not be what is stored. */
  forget(): void {
    this.#batch = null;
    this.store.forget();
  }
}
