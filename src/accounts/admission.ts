// Whether a key lets its bearer in: a pure decision.
import type { AccountResponse } from '../contract/accounts';

/** A key as the decision sees it; times in milliseconds. */
export interface KeyState {
  id: string;
  expiresAt: number | null;
  revokedAt: number | null;
}

export type KeyAdmission =
  | { ok: true; accountId: string; keyId: string }
  | { ok: false; reason: 'unknown' | 'revoked' | 'expired' | 'suspended' };

/** Only the holder of a valid key learns that an account is suspended. */
export function decideAdmission(
  account: Pick<AccountResponse, 'id' | 'status'> | null,
  key: KeyState | null,
  now: number,
): KeyAdmission {
  if (account === null || key === null) return { ok: false, reason: 'unknown' };
  if (key.revokedAt !== null) return { ok: false, reason: 'revoked' };
  if (key.expiresAt !== null && key.expiresAt <= now) return { ok: false, reason: 'expired' };
  if (account.status === 'suspended') return { ok: false, reason: 'suspended' };
  return { ok: true, accountId: account.id, keyId: key.id };
}
