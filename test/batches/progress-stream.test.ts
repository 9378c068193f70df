// The events of a batch as its subscribers get them.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgressHub, type ProgressSource } from '../../src/batches/progress-stream';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A batch whose events are one word each: `s3` a status, `r2` a result, `d5` the end, all with their numbers. */
class FakeBatch implements ProgressSource {
  sequence = 1;
  ended = false;
  /** Numbers of the results so far. */
  results: number[] = [];
  /** What was made of it that is much work. */
  made: string[] = [];
  readonly hub = new ProgressHub(this);

  newest() {
    return { sequence: this.sequence, ended: this.ended };
  }

  /** Two at a time. */
  resultEvents(sequence: number) {
    this.made.push('results');
    const next = this.results.filter((number) => number > sequence).slice(0, 2);
    const last = next.at(-1);
    return last === undefined ? null : { text: next.map((n) => `r${n} `).join(''), sequence: last };
  }

  statusEvent(id: number) {
    return `s${id} `;
  }

  doneEvent(id: number) {
    this.made.push('done');
    return `d${id} `;
  }

  /** A commit: its results take a number each, its status one. */
  commit(results: number): void {
    for (let count = 0; count < results; count++) this.results.push(++this.sequence);
    this.sequence += 1;
    this.hub.changed();
  }

  end(): void {
    this.sequence += 2;
    this.ended = true;
    this.hub.changed();
  }
}

class Listener {
  heard = '';
  isClosed = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    void this.#listen();
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }

  async #listen(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.heard += new TextDecoder().decode(value);
    }
    this.isClosed = true;
  }
}

const listen = (batch: FakeBatch, after: number | null = null, includeResults = false) =>
  new Listener(batch.hub.subscribe(after, includeResults));

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

const RETRY = 'retry: 2000\n\n';

describe('a first connection', () => {
  it('is told when to reconnect, and the present status, at once', async () => {
    const listener = listen(new FakeBatch());
    await pass(0);
    expect(listener.heard).toBe(`${RETRY}s1 `);
    expect(listener.isClosed).toBe(false);
  });

  it('with results is told a status first, then every result from the first one on', async () => {
    const batch = new FakeBatch();
    batch.commit(3);
    batch.commit(1);
    const listener = listen(batch, null, true);
    await pass(0);
    expect(listener.heard).toBe(`${RETRY}s0 r2 r3 r4 r6 s7 `);
  });

  it('to a batch that has ended gets its last status and the end, and is closed', async () => {
    const batch = new FakeBatch();
    batch.commit(2);
    batch.end();
    const listener = listen(batch);
    await pass(0);
    expect(listener.heard).toBe(`${RETRY}s5 d6 `);
    expect(listener.isClosed).toBe(true);
  });

  it('with results to a batch that has ended gets them all before the end', async () => {
    const batch = new FakeBatch();
    batch.commit(3);
    batch.end();
    const listener = listen(batch, null, true);
    await pass(0);
    expect(listener.heard).toBe(`${RETRY}r2 r3 r4 s6 d7 `);
    expect(listener.isClosed).toBe(true);
  });
});

describe('a reconnect', () => {
  it.each<[after: number, includeResults: boolean, heard: string]>([
    [1, true, 'r2 r3 r4 s5 '],
    [2, true, 'r3 r4 s5 '],
    [4, true, 's5 '],
    [5, true, ''],
    [1, false, 's5 '],
    [4, false, 's5 '],
    [5, false, ''],
  ])('after event %i (results: %s) gets only what is newer: %j', async (after, includeResults, heard) => {
    const batch = new FakeBatch();
    batch.commit(3);
    const listener = listen(batch, after, includeResults);
    await pass(0);
    expect(listener.heard).toBe(RETRY + heard);
  });

  it.each([
    [4, 's6 d7 '],
    [6, 'd7 '],
    [7, 'd7 '],
  ])('after event %i to a batch that has ended meanwhile gets %j', async (after, heard) => {
    const batch = new FakeBatch();
    batch.commit(3);
    batch.end();
    const listener = listen(batch, after);
    await pass(0);
    expect(listener.heard).toBe(RETRY + heard);
    expect(listener.isClosed).toBe(true);
  });
});

describe('a subscriber', () => {
  it('hears of every change, and of the end', async () => {
    const batch = new FakeBatch();
    const listener = listen(batch, null, true);
    await pass(1000);
    batch.commit(1);
    await pass(1000);
    batch.commit(2);
    await pass(1000);
    batch.end();
    await pass(1000);
    expect(listener.heard).toBe(`${RETRY}s0 s1 r2 s3 r4 r5 s6 s7 d8 `);
    expect(listener.isClosed).toBe(true);
  });

  it('hears at most ten statuses a second, and the last one in the end', async () => {
    const batch = new FakeBatch();
    const listener = listen(batch);
    await pass(0);
    for (let count = 0; count < 200; count++) {
      batch.commit(1);
      await pass(5);
    }
    const statuses = listener.heard.split('s').length - 2;
    expect(statuses).toBeGreaterThanOrEqual(9);
    expect(statuses).toBeLessThanOrEqual(11);
    await pass(100);
    expect(listener.heard).toMatch(new RegExp(`s${batch.sequence} $`));
  });

  it('among 2,000 hears half as many, and the last one in the end', async () => {
    const batch = new FakeBatch();
    const listeners = Array.from({ length: 2_000 }, () => listen(batch));
    await pass(0);
    for (let count = 0; count < 200; count++) {
      batch.commit(1);
      await pass(5);
    }
    await pass(200);
    for (const { heard } of listeners) {
      const statuses = heard.split('s').length - 2;
      expect(statuses).toBeGreaterThanOrEqual(5);
      expect(statuses).toBeLessThanOrEqual(7);
      expect(heard).toMatch(new RegExp(`s${batch.sequence} $`));
    }
  });

  it('that was just told a status gets the next one a tenth of a second after it', async () => {
    const batch = new FakeBatch();
    const listener = listen(batch);
    await pass(10);
    batch.commit(1);
    await pass(89);
    expect(listener.heard).toBe(`${RETRY}s1 `);
    await pass(1);
    expect(listener.heard).toBe(`${RETRY}s1 s3 `);
  });

  it('hears a single change without waiting for the next', async () => {
    const batch = new FakeBatch();
    const listener = listen(batch);
    await pass(5_000);
    batch.commit(1);
    await pass(0);
    expect(listener.heard).toBe(`${RETRY}s1 s3 `);
  });

  it('that is told nothing for 15 seconds gets a comment, every time', async () => {
    const listener = listen(new FakeBatch());
    await pass(14_999);
    expect(listener.heard).toBe(`${RETRY}s1 `);
    await pass(1);
    expect(listener.heard).toBe(`${RETRY}s1 : keep-alive\n\n`);
    await pass(30_000);
    expect(listener.heard.match(/keep-alive/g)).toHaveLength(3);
  });

  it('that is slow gets no status that is out of date, and every result', async () => {
    const batch = new FakeBatch();
    const reader = batch.hub.subscribe(null, true).getReader();
    for (let count = 0; count < 50; count++) {
      batch.commit(1);
      await pass(200);
    }
    let heard = '';
    while (!heard.endsWith(`s${batch.sequence} `)) {
      const { value } = await reader.read();
      heard += new TextDecoder().decode(value);
    }
    expect(heard).toBe(`${RETRY}s0 ${batch.results.map((n) => `r${n} `).join('')}s${batch.sequence} `);
    await reader.cancel();
  });

  it('gets its comment 15 seconds after its own last event, whoever else listens', async () => {
    const batch = new FakeBatch();
    const first = listen(batch);
    await pass(6_000);
    const second = listen(batch);
    await pass(8_999);
    expect(first.heard).not.toContain('keep-alive');
    await pass(1);
    expect(first.heard).toBe(`${RETRY}s1 : keep-alive\n\n`);
    expect(second.heard).toBe(`${RETRY}s1 `);
    await pass(6_000);
    expect(second.heard).toBe(`${RETRY}s1 : keep-alive\n\n`);
  });

  it('that goes away leaves the others listening', async () => {
    const batch = new FakeBatch();
    const leaving = listen(batch);
    const staying = listen(batch);
    await pass(1000);
    await leaving.cancel();
    batch.commit(1);
    await pass(1000);
    expect(leaving.heard).toBe(`${RETRY}s1 `);
    expect(staying.heard).toBe(`${RETRY}s1 s3 `);
  });
});

describe('subscribers that are told the same', () => {
  it('share results and the end, which are made once', async () => {
    const batch = new FakeBatch();
    const listeners = Array.from({ length: 5 }, () => listen(batch, null, true));
    await pass(1000);
    batch.made = [];
    batch.commit(2);
    await pass(1000);
    // The two, and that there are no more.
    expect(batch.made).toEqual(['results', 'results']);
    batch.end();
    await pass(1000);
    expect(batch.made.filter((made) => made === 'done')).toHaveLength(1);
    for (const { heard, isClosed } of listeners) {
      expect(heard).toBe(`${RETRY}s0 s1 r2 r3 s4 s5 d6 `);
      expect(isClosed).toBe(true);
    }
  });

  it('and come later, after the others have left, are told it again', async () => {
    const batch = new FakeBatch();
    batch.commit(2);
    const first = listen(batch, null, true);
    await pass(1000);
    await first.cancel();
    batch.commit(1);
    batch.end();
    const [second, third] = [listen(batch, null, true), listen(batch, 3, true)];
    await pass(1000);
    expect(second.heard).toBe(`${RETRY}r2 r3 r5 s7 d8 `);
    expect(third.heard).toBe(`${RETRY}r5 s7 d8 `);
  });
});
