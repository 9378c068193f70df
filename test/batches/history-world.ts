// The world around one batch: the clock, the queue, and who does the next step. Everything that awaits, in the object or
// in a consumer, is a process of steps that may be interleaved with any other, or never go on.
import type { BatchMessage } from '../../src/batches/batch-spec';
import type { Chance } from './chance';
import { HistoryConsumer } from './history-consumer';
import { HistoryObject } from './history-object';
import { must, Oracle } from './history-oracle';
import type { Scenario } from './history-scenario';

interface Process {
  /** Dies with the object, or alone. */
  owner: 'object' | 'consumer';
  steps: Generator<void, void>;
  /** What a consumer was called with: delivered again when it dies. */
  messages: BatchMessage[];
}

/** What a crash throws. Made once: a stack for each would take most of the time. */
export const CRASH = new Error('crash');

export class World {
  now: number;
  expiresAt: number;
  /** How often things go wrong; at last, never. */
  mischief: number;
  readonly scenario: Scenario;
  readonly chance: Chance;
  readonly oracle: Oracle;
  readonly object: HistoryObject;
  readonly #consumer: HistoryConsumer;
  /** Called after every step. */
  readonly #watch: ((world: World) => void) | null;
  #queue: BatchMessage[] = [];
  #processes: Process[] = [];

  constructor(scenario: Scenario, chance: Chance, watch: ((world: World) => void) | null) {
    this.scenario = scenario;
    this.chance = chance;
    this.#watch = watch;
    this.now = scenario.startsAt;
    this.mischief = scenario.mischief;
    this.expiresAt = scenario.expiresAt;
    this.oracle = new Oracle(scenario);
    this.object = new HistoryObject(this, this.oracle);
    this.#consumer = new HistoryConsumer(this, this.object);
  }

  get isEnded(): boolean {
    return this.object.state.phase === 'ended';
  }

  /** One step of anything at all. */
  step(): void {
    const chance = this.chance;
    const dice = chance.next();
    if (dice < 0.55) this.#goOn();
    else if (dice < 0.7) this.#deliver();
    else if (dice < 0.82) this.#pass();
    else if (dice < 0.92) this.alarm();
    else if (dice < 0.925) this.#guard(() => this.object.cancel());
    else if (chance.is(this.mischief)) this.#goWrong();
    this.#check();
  }

  /** From here on nothing is lost and everyone does their part, in whatever order: the batch must end. */
  finishFairly(): void {
    this.mischief = 0;
    if (this.now < this.expiresAt) this.expiresAt = Number.POSITIVE_INFINITY;
    // What was lost so far is found by its deadlines alone: the fair world knows nothing of it.
    for (let steps = 0; !this.isEnded; steps++) {
      must(steps < 20_000, 'it does not come to an end');
      this.#goOn();
      this.#check();
    }
    this.oracle.checkEnd(this.object.state, this.object.rows, this.object.booked);
  }

  #check(): void {
    this.#watch?.(this);
    this.oracle.check(this.object.state, this.object.rows);
  }

  start(owner: Process['owner'], steps: Generator<void, void>, messages: BatchMessage[] = []): void {
    this.#processes.push({ owner, steps, messages });
  }

  /** A message for the queue. */
  post(message: BatchMessage): void {
    this.#queue.push(message);
  }

  /** Whoever has something to do does a step; where nobody has, the object's alarm is next. */
  #goOn(): void {
    if (this.#processes.length > 0) this.#stepOne();
    else if (this.#queue.length > 0) this.#deliver();
    else if (!this.isEnded) {
      const dueAt = this.object.nextAt();
      must(dueAt < Number.POSITIVE_INFINITY, 'it waits for nothing');
      this.now = Math.max(this.now, dueAt);
      this.alarm();
    }
  }

  #stepOne(): void {
    const process = this.chance.pick(this.#processes);
    try {
      if (process.steps.next().done) this.#processes = this.#processes.filter((other) => other !== process);
    } catch (error) {
      if (error !== CRASH) throw error;
      this.#die(process);
    }
  }

  /** A delivery that failed comes again, or the queue gives up on it. */
  #die(process: Process): void {
    this.#processes = this.#processes.filter((other) => other !== process);
    for (const message of process.messages) {
      if (this.chance.is(0.7)) this.#queue.push(message);
      else if (this.chance.is(0.5)) this.#guard(() => this.object.giveUp(message));
    }
  }

  /** Whoever is at work dies, and some of the others: they may run beside it. */
  killConsumers(): never {
    for (const process of this.#processes) {
      if (process.owner === 'consumer' && this.chance.is(0.5)) this.#die(process);
    }
    throw CRASH;
  }

  /** The object's memory is gone; what it was about to do is not done. */
  crashObject(): void {
    this.#processes = this.#processes.filter(({ owner }) => owner !== 'object');
    this.object.forget();
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (error !== CRASH) throw error;
    }
  }

  #goWrong(): void {
    const chance = this.chance;
    switch (chance.below(5)) {
      case 0:
        this.crashObject();
        return;
      case 1: {
        const consumers = this.#processes.filter(({ owner }) => owner === 'consumer');
        if (consumers.length > 0) this.#die(chance.pick(consumers));
        return;
      }
      case 2:
        if (this.#queue.length > 0) this.#queue.splice(chance.below(this.#queue.length), 1);
        return;
      case 3:
        if (this.#queue.length > 0) this.#queue.push(chance.pick(this.#queue));
        return;
      case 4:
        if (this.#queue.length > 0) this.#guard(() => this.object.giveUp(chance.pick(this.#queue)));
    }
  }

  /** Some messages, not the oldest first, to one consumer. */
  #deliver(): void {
    const messages: BatchMessage[] = [];
    for (let count = this.chance.between(1, 4); count > 0 && this.#queue.length > 0; count--) {
      messages.push(...this.#queue.splice(this.chance.below(this.#queue.length), 1));
    }
    if (messages.length > 0) this.start('consumer', this.#consumer.consume(messages), messages);
  }

  #pass(): void {
    const dice = this.chance.next();
    if (dice < 0.6) this.now += this.chance.below(3_000);
    else if (dice < 0.95) this.now += this.chance.below(20_000);
    else this.now += this.chance.below(20 * 60_000);
  }

  alarm(): void {
    this.start('object', this.object.tick(this.now));
  }
}
