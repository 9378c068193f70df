// What was taken in the last 60 seconds, to the millisecond, in memory. One-second counters would need 61 of them to keep
// the promise of any 60 s, and then ask for waits of more than 60 s, which the official SDKs ignore.

const WINDOW_MS = 60_000;

/** Entries that have left the window are cut off once there are so many, and they are half of all. */
const COMPACT_AFTER_ENTRIES = 1_000;

/** Amounts with the times they were taken at; all times in milliseconds. Times passed in never go back. */
export class MinuteWindow {
  /** Ascending, at most one entry a millisecond. */
  #times: number[] = [];
  #amounts: number[] = [];
  /** The first entry that is still inside. */
  #head = 0;
  #total = 0;

  /** What was taken in the 60 s before `now`. */
  used(now: number): number {
    this.#leave(now);
    return this.#total;
  }

  /** Answers the time under which it is kept, for `correct`. */
  take(amount: number, now: number): number {
    this.#leave(now);
    const last = this.#times.length - 1;
    // A clock that was set back must not put an entry out of order.
    const at = Math.max(now, this.#times[last] ?? now);
    if (last >= this.#head && this.#times[last] === at) this.#amounts[last] = this.#amountAt(last) + amount;
    else {
      this.#times.push(at);
      this.#amounts.push(amount);
    }
    this.#total += amount;
    return at;
  }

  /** Changes by `difference` what was taken at `at`; nothing where that has left the window. */
  correct(at: number, difference: number, now: number): void {
    this.#leave(now);
    const index = this.#times.lastIndexOf(at);
    if (index < this.#head) return;
    this.#amounts[index] = this.#amountAt(index) + difference;
    this.#total += difference;
  }

  /** How long until no more than `level` of it is left inside; 0 where that is so already. */
  msUntil(level: number, now: number): number {
    this.#leave(now);
    // From the end: the time until all is free, which every answer tells, is then that of the last entry.
    let left = 0;
    for (let index = this.#times.length - 1; index >= this.#head; index--) {
      left += this.#amountAt(index);
      if (left > level) return (this.#times[index] ?? now) + WINDOW_MS - now;
    }
    return 0;
  }

  #leave(now: number): void {
    while (this.#head < this.#times.length && (this.#times[this.#head] ?? now) <= now - WINDOW_MS) {
      this.#total -= this.#amountAt(this.#head);
      this.#head += 1;
    }
    if (this.#head > COMPACT_AFTER_ENTRIES && this.#head > this.#times.length / 2) {
      this.#times = this.#times.slice(this.#head);
      this.#amounts = this.#amounts.slice(this.#head);
      this.#head = 0;
    }
  }

  #amountAt(index: number): number {
    return this.#amounts[index] ?? 0;
  }
}
