// Whether a request is let in: a pure decision over the account, the key, their minute and their money; `now` is passed in.
import type { AccountResponse, LimitHolder, Limits, Scope } from '../contract/accounts';
import { type Grant, grantFrom, type MoneyShort, type Price, type Purse } from './budget';
import { ACCOUNT_HOLDER, type Holder, type RateLimits, type RateRefusal, type Rates } from './rate-limits';

/** A key as the decision sees it; times in milliseconds. */
export interface KeyState {
  id: string;
  /** null: everything. */
  scopes: Scope[] | null;
  limits: Limits;
  expiresAt: number | null;
  revokedAt: number | null;
  lastUsedAt: number | null;
}

/** What a request asks its account for. */
export interface Wanted {
  /** What its route needs; null for nothing. */
  scope: Scope | null;
  /** How many requests it counts as: 0 for the second call of one. */
  requests: 0 | 1;
  /** Tokens, by estimate; 0 for one that asks no model. */
  tokens: number;
  /** What it may cost; null for one that asks no model. */
  price: Price | null;
}

/** Only the holder of a valid key learns more than that it is not. */
export type KeyRefusal = 'unknown' | 'revoked' | 'expired' | 'suspended';

/** Why a valid key is not let in now. */
export type Refusal =
  | { reason: 'scope'; scope: Scope }
  | ({ reason: 'rate' } & RateRefusal)
  | { reason: 'budget'; short: MoneyShort; holder: LimitHolder };

export type Decision =
  | { ok: true; keyId: string; holders: Holder[]; grant: Grant | null }
  | { ok: false; reason: KeyRefusal }
  | { ok: false; refusal: Refusal; holders: Holder[] };

/** A request that is let in is still to be counted; one that is not is not. `purses` are those of the holders that have a budget. */
export function decideAdmission(
  {
    account,
    key,
    rates,
    pursesOf,
  }: {
    account: Pick<AccountResponse, 'status' | 'limits'> | null;
    key: KeyState | null;
    rates: Pick<RateLimits, 'refusal'>;
    pursesOf: (holders: readonly Holder[]) => Purse[];
  },
  wanted: Wanted,
  now: number,
): Decision {
  if (account === null || key === null) return { ok: false, reason: 'unknown' };
  if (key.revokedAt !== null) return { ok: false, reason: 'revoked' };
  if (key.expiresAt !== null && key.expiresAt <= now) return { ok: false, reason: 'expired' };
  if (account.status === 'suspended') return { ok: false, reason: 'suspended' };
  const holders = holdersOf(account.limits, key);
  const refuse = (refusal: Refusal): Decision => ({ ok: false, refusal, holders });
  if (wanted.scope !== null && !isAllowed(key.scopes, wanted.scope)) {
    return refuse({ reason: 'scope', scope: wanted.scope });
  }
  const rate = rates.refusal(holders, wanted, now);
  if (rate !== null) return refuse({ reason: 'rate', ...rate });
  const purses = wanted.price === null ? [] : pursesOf(holders);
  if (wanted.price === null || purses.length === 0) {
    return { ok: true, keyId: key.id, holders, grant: null };
  }
  const grant = grantFrom(purses, wanted.price);
  const { nano, short, holder } = grant;
  if (nano === null) return refuse({ reason: 'budget', short, holder });
  return { ok: true, keyId: key.id, holders, grant };
}

export function holdersOf(account: Limits, key: { id: string; limits: Limits }): Holder[] {
  return [
    { id: ACCOUNT_HOLDER, limits: account },
    { id: key.id, limits: key.limits },
  ];
}

/** Whether a key with these scopes may do what needs `scope`: `files` includes `files:read`. */
export function isAllowed(scopes: readonly Scope[] | null, scope: Scope): boolean {
  return scopes === null || scopes.some((own) => own === scope || `${own}:read` === scope);
}

/** What a request that was let in may do, and has to settle. */
export interface Admitted {
  ok: true;
  keyId: string;
  rates: Rates;
  /** What it may spend, reserved under the request's id; null where there is no budget. */
  grant: Grant | null;
  /** When its tokens were counted; null where none are. */
  tokensAt: number | null;
  /** Whether the account or the key has a monthly budget. */
  hasBudget: boolean;
}

export type AdmissionAnswer =
  | Admitted
  | { ok: false; reason: KeyRefusal }
  | { ok: false; refusal: Refusal; rates: Rates };

/** Whether any of these holders has a monthly budget. */
export function hasBudget(holders: readonly Holder[]): boolean {
  return holders.some(({ limits }) => (limits.monthly_budget ?? null) !== null);
}
