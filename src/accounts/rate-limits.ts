// Requests and tokens of a minute, of an account and of its keys. The minute is kept in memory: an object that was
// evicted had been idle for longer, and one that was restarted begins a new one.
import type { LimitHolder, Limits } from '../contract/accounts';
import { MinuteWindow } from './minute-window';

/** Whoever is held to limits: the account, or a key beside it. */
export interface Holder {
  id: string;
  limits: Limits;
}

/** The holder of the account's own limits, beside the ids of keys. */
export const ACCOUNT_HOLDER = '';

/** How errors call a holder. */
export function holderKind({ id }: Pick<Holder, 'id'>): LimitHolder {
  return id === ACCOUNT_HOLDER ? 'account' : 'key';
}

/** Where one limit stands. */
export interface RateState {
  limit: number;
  remaining: number;
  /** Milliseconds until all of it is free again. */
  resetMs: number;
}

/** The tighter of the account's and the key's; null where there is no limit. */
export interface Rates {
  requests: RateState | null;
  tokens: RateState | null;
}

type Amounts = Record<keyof Rates, number>;

export interface RateRefusal {
  rate: keyof Rates;
  holder: LimitHolder;
  limit: number;
  /** Milliseconds until there is room; null where there never is. */
  waitMs: number | null;
}

const LIMIT_NAMES = { requests: 'requests_per_minute', tokens: 'tokens_per_minute' } as const;

export class RateLimits {
  /** By rate and holder, once a holder has the limit. */
  readonly #windows = new Map<string, MinuteWindow>();

  /** Why there is no room for so much more, or null where there is. */
  refusal(holders: readonly Holder[], { requests, tokens }: Amounts, now: number): RateRefusal | null {
    return (
      this.#refusalOf('requests', holders, requests, now) ?? this.#refusalOf('tokens', holders, tokens, now)
    );
  }

  /** Counts so much. Answers the time its tokens are kept under, or null where none are counted. */
  take(holders: readonly Holder[], { requests, tokens }: Amounts, now: number): number | null {
    if (requests > 0) for (const { window } of this.#limited('requests', holders)) window.take(requests, now);
    if (tokens === 0) return null;
    const times = this.#limited('tokens', holders).map(({ window }) => window.take(tokens, now));
    return times[0] ?? null;
  }

  /** Replaces tokens taken at a time by those that were used. */
  correct(
    holders: readonly Pick<Holder, 'id'>[],
    tokens: { at: number; taken: number; used: number },
    now: number,
  ): void {
    for (const { id } of holders) {
      this.#windows.get(`tokens ${id}`)?.correct(tokens.at, tokens.used - tokens.taken, now);
    }
  }

  report(holders: readonly Holder[], now: number): Rates {
    return {
      requests: this.#stateOf('requests', holders, now),
      tokens: this.#stateOf('tokens', holders, now),
    };
  }

  #refusalOf(rate: keyof Rates, holders: readonly Holder[], amount: number, now: number): RateRefusal | null {
    if (amount === 0) return null;
    let refusal: RateRefusal | null = null;
    for (const { window, limit, holder } of this.#limited(rate, holders)) {
      if (window.used(now) + amount <= limit) continue;
      const waitMs = amount > limit ? null : window.msUntil(limit - amount, now);
      if (waitMs === null) return { rate, holder, limit, waitMs };
      if (refusal === null || waitMs > (refusal.waitMs ?? 0)) refusal = { rate, holder, limit, waitMs };
    }
    return refusal;
  }

  #stateOf(rate: keyof Rates, holders: readonly Holder[], now: number): RateState | null {
    const states = this.#limited(rate, holders).map(({ window, limit }) => ({
      limit,
      remaining: Math.max(0, limit - window.used(now)),
      resetMs: window.msUntil(0, now),
    }));
    const [tightest] = states.sort((a, b) => a.remaining - b.remaining || a.limit - b.limit);
    return tightest ?? null;
  }

  #limited(rate: keyof Rates, holders: readonly Holder[]) {
    return holders.flatMap((holder) => {
      const limit = holder.limits[LIMIT_NAMES[rate]] ?? null;
      if (limit === null) return [];
      return [{ window: this.#window(`${rate} ${holder.id}`), limit, holder: holderKind(holder) }];
    });
  }

  #window(name: string): MinuteWindow {
    const window = this.#windows.get(name) ?? new MinuteWindow();
    this.#windows.set(name, window);
    return window;
  }
}
