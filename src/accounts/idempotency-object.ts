// The Durable Object of one `Idempotency-Key` of one account, `getByName(accountId + ':' + key)`: who runs its request,
// and what came of it. After a day it removes itself.
import { DurableObject } from 'cloudflare:workers';
import { type IdPrefix, newId } from '../contract/ids';
import { concatBytes } from '../platform/bytes';
import { decideClaim, type HeldKey, IDEMPOTENCY_LEASE_MS, newHeldKey } from './idempotency-claim';

/** A stored value may have 2 MB. */
const PART_BYTES = 1024 ** 2;

/** How long after it failed the removal is tried again. */
const REMOVAL_RETRY_MS = 60_000;

export type IdempotencyClaim =
  /** The caller runs the request: the first, or again after a run that was cut off or came to nothing lasting. */
  | { state: 'run'; holder: string; id: string | null; isRerun: boolean }
  | { state: 'running'; retryAfterMs: number }
  | { state: 'done'; fingerprint: string; response: Response }
  /** The key stands for another request. */
  | { state: 'mismatch' };

export class IdempotencyObject extends DurableObject<Env> {
  readonly #storage = this.ctx.storage.kv;

  /**
   * Asks for the right to run the request: a lease, to be kept alive by `extend`.
   *
   * @param fingerprint what the request is known by, or null where that takes reading its body
   * @param makes what kind of id the request needs; it is chosen once for all its runs
   */
  async claim(
    fingerprint: string | null,
    makes: IdPrefix | null,
    now: number = Date.now(),
  ): Promise<IdempotencyClaim> {
    const held = this.#held();
    const decision = decideClaim(held, fingerprint, now);
    const holder = crypto.randomUUID();
    switch (decision.state) {
      case 'first': {
        const first = newHeldKey({ fingerprint, id: makes && newId(makes), holder }, now);
        this.#save(first);
        await this.ctx.storage.setAlarm(first.expiresAt);
        return { state: 'run', holder, id: first.id, isRerun: false };
      }
      case 'rerun': {
        const leaseUntil = now + IDEMPOTENCY_LEASE_MS;
        const rerun = { ...current(held), holder, startedAt: now, leaseUntil };
        this.#save({ ...rerun, fingerprint: rerun.fingerprint ?? fingerprint });
        return { state: 'run', holder, id: rerun.id, isRerun: true };
      }
      case 'done':
        return { state: 'done', fingerprint: current(held).fingerprint ?? '', response: this.#answer() };
      default:
        return decision;
    }
  }

  /** A run's sign of life. */
  extend(holder: string, now: number = Date.now()): void {
    const held = this.#heldBy(holder);
    if (held !== null) this.#save({ ...held, leaseUntil: now + IDEMPOTENCY_LEASE_MS });
  }

  /** Keeps the answer, from now on that of every repeat. One whose run has lost its lease changes nothing. */
  async record(holder: string, fingerprint: string, response: Response): Promise<void> {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const held = this.#heldBy(holder);
    if (held === null) return;
    const parts = Math.ceil(bytes.byteLength / PART_BYTES);
    this.ctx.storage.transactionSync(() => {
      for (let part = 0; part < parts; part++) {
        this.#storage.put(partName(part), bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES));
      }
      const answer = { status: response.status, headers: Array.from(response.headers), parts };
      this.#save({ ...held, fingerprint, answer });
    });
  }

  /** Gives the lease back without an answer: the next one who asks runs the request again. */
  release(holder: string): void {
    const held = this.#heldBy(holder);
    if (held !== null) this.#save({ ...held, leaseUntil: 0 });
  }

  /** Alarms end after six failures in a row, so none may fail: an answer whose alarm is gone would be kept for ever. */
  override async alarm(): Promise<void> {
    try {
      const { expiresAt = 0 } = this.#held() ?? {};
      // The key may have been used anew while its alarm was on the way.
      if (Date.now() < expiresAt) await this.ctx.storage.setAlarm(expiresAt);
      else await this.ctx.storage.deleteAll();
    } catch (error) {
      console.error(JSON.stringify({ event: 'idempotency.kept', cause: String(error) }));
      await this.ctx.storage.setAlarm(Date.now() + REMOVAL_RETRY_MS);
    }
  }

  #held(): HeldKey | null {
    return this.#storage.get<HeldKey>('key') ?? null;
  }

  /** What is held, while it is this run's. */
  #heldBy(holder: string): HeldKey | null {
    const held = this.#held();
    return held?.holder === holder && held.answer === null ? held : null;
  }

  #save(held: HeldKey): void {
    this.#storage.put('key', held);
  }

  #answer(): Response {
    const { answer } = current(this.#held());
    if (answer === null) throw new Error('this key has no answer yet');
    const parts = Array.from({ length: answer.parts }, (_, part) =>
      this.#storage.get<Uint8Array>(partName(part)),
    );
    const bytes = concatBytes(parts.filter((part) => part !== undefined));
    const body = bytes.byteLength === 0 ? null : bytes;
    return new Response(body, { status: answer.status, headers: answer.headers });
  }
}

function current(held: HeldKey | null): HeldKey {
  if (held === null) throw new Error('this object holds no key');
  return held;
}

function partName(part: number): string {
  return `body/${part}`;
}
