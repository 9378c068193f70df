// An isolate's line to one account's object. While one call is under way, what arrives waits and goes together in the
// next: an idle account is asked at once, a busy one by few calls. Calls come one after the other.
// Known gap: settlements are lost with an isolate that dies before it could deliver them.
import type { AccountObject } from './account-object';
import type { AdmissionAnswer } from './admission';
import type { AdmissionRequest, ExchangeAnswer, ExchangeMessage, Settlement } from './exchange';

/** A settlement waits so long for company, or for an admission to ride along with. */
const SETTLEMENT_WAIT_MS = 20;

/** A call that has not come back by then is made again by those who wait for it: its request may be gone. */
const CALL_LOST_AFTER_MS = 10_000;

/** How often a settlement's own request tries to deliver it; after that it waits for the next call. */
const DELIVERIES = 6;
const DELIVERY_BACKOFF_MS = 250;

/** Undelivered settlements an isolate keeps of an account: far more than wait where the account can be reached. */
const SETTLEMENTS_LIMIT = 10_000;

/** Lines an isolate keeps; the idle ones go first. */
const LINES_LIMIT = 10_000;

/**
 * Whether one request may resolve another's promise. Where it may not (the compatibility flag is older than 2024-10-14, or
 * switched off, as in vitest), every request makes its own call.
 */
const SHARES_CALLS = Cloudflare.compatibilityFlags.handle_cross_request_promise_resolution === true;

/** What a request lends to a call: its bindings, and its life beyond the answer. */
export interface Caller {
  env: Env;
  waitUntil: (work: Promise<unknown>) => void;
}

/** Something that a call is to carry; `isOver` once one has, whatever came of it. */
interface Waiting {
  isOver: boolean;
}

interface WaitingAdmission extends Waiting {
  request: AdmissionRequest;
  resolve: (answer: AdmissionAnswer) => void;
  reject: (error: unknown) => void;
}

interface WaitingSettlement extends Waiting {
  settlement: Settlement;
}

/** Settlements taken for a call; the same ones under the same number until it is known that they arrived. */
interface Group {
  number: number;
  members: WaitingSettlement[];
}

/** A call under way, and who waits for its end. */
interface Call {
  watchers: (() => void)[];
}

const lines = new Map<string, AccountLine>();

/** This isolate's line to an account. */
export function lineTo(accountId: string): AccountLine {
  const line = lines.get(accountId) ?? new AccountLine(accountId);
  lines.delete(accountId);
  lines.set(accountId, line);
  if (lines.size > LINES_LIMIT) {
    for (const [id, { isIdle }] of lines) {
      if (isIdle && lines.size > LINES_LIMIT) lines.delete(id);
    }
  }
  return line;
}

export class AccountLine {
  readonly #accountId: string;
  readonly #id = crypto.randomUUID();
  /** Hashing a name costs more than the rest of a call's preparation. */
  #objectId: DurableObjectId | null = null;
  #requests = 0;
  #calls = 0;
  #groups = 0;
  #admissions: WaitingAdmission[] = [];
  #settlements: WaitingSettlement[] = [];
  #group: Group | null = null;
  /** Requests that say that they are still at work. */
  #running = new Set<string>();
  #call: Call | null = null;

  readonly #sharesCalls: boolean;

  constructor(accountId: string, sharesCalls = SHARES_CALLS) {
    this.#accountId = accountId;
    this.#sharesCalls = sharesCalls;
  }

  get isIdle(): boolean {
    return this.#call === null && this.#admissions.length === 0 && this.#undelivered === 0;
  }

  /**
   * Asks the account to let a request in.
   *
   * @throws what a call to the object throws, once it was made twice
   */
  admit(caller: Caller, request: AdmissionRequest): Promise<AdmissionAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<AdmissionAnswer>();
    const waiting: WaitingAdmission = { request, resolve, reject, isOver: false };
    if (!this.#sharesCalls) {
      caller.waitUntil(this.#exchange(caller.env, [waiting]));
      return promise;
    }
    this.#admissions.push(waiting);
    caller.waitUntil(this.#callUntil(caller, () => waiting.isOver));
    return promise;
  }

  /** Delivers what became of a request, off its client's path. */
  settle(caller: Caller, settlement: Settlement): void {
    if (this.#undelivered >= SETTLEMENTS_LIMIT) {
      this.#log('settlement.lost', 'too many wait');
      return;
    }
    const waiting: WaitingSettlement = { settlement, isOver: false };
    this.#settlements.push(waiting);
    caller.waitUntil(this.#deliver(caller, waiting));
  }

  /** Says that a request is still at work, so that its reservation is kept. */
  keep(caller: Caller, id: string): void {
    this.#running.add(id);
    caller.waitUntil(this.#callUntil(caller, () => !this.#running.has(id)));
  }

  /** An id that no other request of any line has. */
  nextId(): string {
    this.#requests += 1;
    return `${this.#id}.${this.#requests}`;
  }

  get #undelivered(): number {
    return this.#settlements.length + (this.#group?.members.length ?? 0);
  }

  async #deliver(caller: Caller, waiting: WaitingSettlement): Promise<void> {
    await scheduler.wait(SETTLEMENT_WAIT_MS);
    for (let delivery = 1; delivery <= DELIVERIES && !waiting.isOver; delivery++) {
      // The call that is under way may have begun without it, and one may be another's group.
      await this.#callUntil(caller, () => waiting.isOver, 3);
      if (!waiting.isOver) await scheduler.wait(DELIVERY_BACKOFF_MS * 2 ** delivery);
    }
  }

  /** Makes calls, or waits for those of others, until there is no need any more. Never throws. */
  async #callUntil(caller: Caller, isOver: () => boolean, calls = Number.POSITIVE_INFINITY): Promise<void> {
    for (let call = 0; call < calls && !isOver(); call++) {
      if (this.#call === null || !this.#sharesCalls) await this.#makeCall(caller);
      else await this.#watch(this.#call);
    }
  }

  async #makeCall({ env }: Caller): Promise<void> {
    const call: Call = { watchers: [] };
    this.#call = call;
    await this.#exchange(env, this.#admissions);
    this.#end(call);
  }

  /** Waits for another request's call. Where that request is gone, its call may never end. */
  async #watch(call: Call): Promise<void> {
    // Its own promise: reactions to another request's would run on behalf of that one.
    const { promise, resolve } = Promise.withResolvers<void>();
    call.watchers.push(resolve);
    const timer = setTimeout(() => this.#end(call), CALL_LOST_AFTER_MS);
    await promise;
    clearTimeout(timer);
  }

  #end(call: Call): void {
    if (this.#call === call) this.#call = null;
    for (const wake of call.watchers) wake();
  }

  /** Takes all that waits. An admission that fails is its request's to answer for; a settlement is sent again. */
  async #exchange(env: Env, waiting: readonly WaitingAdmission[]): Promise<void> {
    const admissions = waiting.filter(({ isOver }) => !isOver);
    this.#group ??= this.#nextGroup();
    const group = this.#group;
    const running = [...this.#running];
    this.#calls += 1;
    try {
      const answers = await this.#send(env, {
        line: this.#id,
        number: this.#calls,
        admissions: admissions.map(({ request }) => request),
        settled: group && { number: group.number, settlements: group.members.map((one) => one.settlement) },
        running,
      });
      for (const [index, { resolve, reject }] of admissions.entries()) {
        const answer = answers[index];
        if (answer === undefined) reject(new Error('the account gave no answer'));
        else resolve(answer);
      }
      for (const member of group?.members ?? []) member.isOver = true;
      if (this.#group === group) this.#group = null;
    } catch (error) {
      this.#log('account.unreachable', error);
      for (const { reject } of admissions) reject(error);
    }
    for (const admission of admissions) admission.isOver = true;
    this.#admissions = this.#admissions.filter(({ isOver }) => !isOver);
    for (const id of running) this.#running.delete(id);
  }

  #nextGroup(): Group | null {
    if (this.#settlements.length === 0) return null;
    const members = this.#settlements;
    this.#settlements = [];
    this.#groups += 1;
    return { number: this.#groups, members };
  }

  /** Once more where that can help, with a fresh stub: after an error the old one is of no use. */
  async #send(env: Env, message: ExchangeMessage): Promise<ExchangeAnswer> {
    try {
      return await this.#stub(env).exchange(message);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      return this.#stub(env).exchange(message);
    }
  }

  #stub(env: Env): DurableObjectStub<AccountObject> {
    this.#objectId ??= env.ACCOUNTS.idFromName(this.#accountId);
    return env.ACCOUNTS.get(this.#objectId);
  }

  #log(event: string, cause: unknown): void {
    console.error(JSON.stringify({ event, account_id: this.#accountId, cause: String(cause) }));
  }
}

function isRetryable(error: unknown): boolean {
  const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
  return retryable === true && overloaded !== true;
}
