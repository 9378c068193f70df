// The queue's consumers, as `consumer.ts` is written: they claim, try items, report, and may die between any two steps.
import type { BatchMessage } from '../../src/batches/batch-spec';
import { RangeRun } from '../../src/batches/range-run';
import type { FinishedItem } from '../../src/batches/run-item';
import { ITEM_ATTEMPTS_LIMIT } from '../../src/batches/state';
import { NO_USAGE } from '../../src/contract/chat';
import type { HistoryObject } from './history-object';
import { must } from './history-oracle';
import { CRASH, type World } from './history-world';

const USAGE = { ...NO_USAGE, prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 };
const TEXT = new Uint8Array();

export class HistoryConsumer {
  readonly #world: World;
  readonly #object: HistoryObject;

  constructor(world: World, object: HistoryObject) {
    this.#world = world;
    this.#object = object;
  }

  /** One delivery: claims what its messages name, does it or gives it back. */
  *consume(messages: readonly BatchMessage[]): Generator<void, void> {
    const epochs = messages.flatMap((message) => (message.kind === 'plan' ? [message.epoch] : []));
    if (epochs.length > 0) this.#world.start('consumer', this.#plan(Math.max(...epochs)));
    const named = messages.flatMap((message) => (message.kind === 'run' ? [message] : []));
    if (named.length === 0) return;
    const runs = this.#call(() => this.#object.claim(named)).map((grant) => new RangeRun(grant));
    // An invocation near its end starts nothing and gives back what it has.
    const startsItems = !this.#world.chance.is(this.#world.mischief);
    let held = runs;
    for (const run of runs) {
      for (let position = 0; position < run.grant.count; position++) {
        if (run.grant.done & (1 << position)) continue;
        yield;
        if (!run.isOpen || !startsItems) continue;
        const attempt = (run.grant.attempts[position] ?? 0) + 1;
        if (run.grant.oneByOne) {
          run.begin(position, attempt);
          held = this.#flush(held, 'all');
          yield;
          if (!run.isOpen) continue;
        }
        run.add(this.#try(run, position, attempt), this.#world.now);
        if (this.#world.chance.is(0.4)) held = this.#flush(held, 'due');
      }
    }
    yield;
    this.#flush(held, 'last');
  }

  #flush(runs: readonly RangeRun[], what: 'due' | 'all' | 'last'): RangeRun[] {
    if (runs.length === 0) return [];
    const last = what === 'last';
    // What is not due yet may be handed over all the same: its results are many.
    const isTaken = (run: RangeRun) =>
      what !== 'due' || run.isDue(this.#world.now, 5_000) || this.#world.chance.is(0.5);
    const commits = runs.map((run) => (isTaken(run) ? run.take(last) : run.signOfLife()));
    const repeated = this.#world.chance.is(this.#world.mischief / 5);
    const held = this.#call(() => {
      if (repeated) this.#object.commit(commits);
      return this.#object.commit(commits);
    });
    return runs.filter((run, index) => {
      if (held[index]) return true;
      if (!run.isComplete && !last) run.lost.abort();
      return false;
    });
  }

  /** What `runItem` and `withinCost` make of an item. */
  #try(run: RangeRun, position: number, attempt: number): FinishedItem {
    const item = this.#world.scenario.ranges[run.grant.range]?.[position];
    if (item === undefined) throw new Error('no such item');
    const chance = this.#world.chance;
    if (attempt > ITEM_ATTEMPTS_LIMIT) {
      must(run.grant.oneByOne, 'an item is tried too often');
      // Of what a quiet world loses, some item that kills is the cause: nobody else is to be blamed for it.
      must(item.kills || this.#world.scenario.mischief > 0, 'an item is blamed for the deaths of another');
      return {
        kind: 'outcome',
        outcome: { position, failed: true, bytes: chance.below(1000), charge: null },
        text: TEXT,
      };
    }
    if (item.kills) this.#world.killConsumers();
    const limit = this.#world.scenario.ceilingNano === null || !item.priced ? null : (run.left ?? item.bound);
    if (limit !== null && limit < item.prompt + 1) return { kind: 'unaffordable' };
    if (chance.is(item.stumbles) && attempt < ITEM_ATTEMPTS_LIMIT) {
      const delayMs = chance.below(60_000);
      return { kind: 'retry', position, attempt, delayMs, overloaded: chance.is(0.3) };
    }
    const bytes = chance.below(1000);
    if (chance.is(item.fails)) {
      return { kind: 'outcome', outcome: { position, failed: true, bytes, charge: null }, text: TEXT };
    }
    const completion = Math.min(item.full, limit ?? item.full) - item.prompt;
    const costNano = item.priced ? { prompt: item.prompt, completion } : null;
    const charge = { model: item.priced ? 'priced' : 'unpriced', usage: USAGE, costNano };
    return { kind: 'outcome', outcome: { position, failed: false, bytes, charge }, text: TEXT };
  }

  *#plan(epoch: number): Generator<void, void> {
    const plan = this.#call(() => this.#object.claimPlan(epoch));
    if (plan === null) return;
    const { ranges, invalid } = this.#world.scenario;
    let at = plan.byte;
    must(at === this.#object.rows.length, 'a planner goes on at another range than the next');
    for (;;) {
      yield;
      const cuts = Math.min(this.#world.chance.below(3), ranges.length - at);
      const from = at;
      at += cuts;
      const done = at === ranges.length && this.#world.chance.is(0.7);
      const items = ranges.slice(from, at).reduce((sum, range) => sum + range.length, 0);
      const place = ranges.slice(0, at).reduce((sum, range) => sum + range.length, 0);
      const errors =
        done && invalid
          ? [{ code: 'invalid_request' as const, message: 'no', param: null, line: place + 1 }]
          : [];
      const next = { byte: at, line: place, item: place };
      const report = { items, next, model: 'm', done, errors };
      if (!this.#call(() => this.#object.commitPlan(epoch, report, cuts))) return;
    }
  }

  /** A call between a consumer and the object: it may fail before or after it did something. */
  #call<T>(run: () => T): T {
    if (this.#world.chance.is(this.#world.mischief / 5)) throw CRASH;
    const result = run();
    if (this.#world.chance.is(this.#world.mischief / 5)) throw CRASH;
    return result;
  }
}
