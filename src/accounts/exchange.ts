// What the requests of one isolate and their account tell each other, many at once: who wants in, and what was used.
import type { AdmissionAnswer, Wanted } from './admission';
import type { LedgerEntry } from './ledger';

export interface AdmissionRequest extends Wanted {
  /** Names the request until it is settled; also its reservation. */
  id: string;
  /** SHA-256 of the key, 64 hex digits; null for the local key, which was compared already. */
  keyHash: string | null;
}

/** What became of a request that was let in. */
export interface Settlement {
  id: string;
  keyId: string;
  /** null for one that cost nothing, since it failed. */
  spend: Omit<LedgerEntry, 'requests'> | null;
  /** Tokens that were counted for it, and those it used; null where none were counted. */
  tokens: { at: number; taken: number; used: number } | null;
}

/**
 * One call. It may be repeated: the number that was seen last is answered as it was then, and a group of settlements that
 * was taken is not taken again.
 */
export interface ExchangeMessage {
  /** Who numbers them: an isolate's line to this account. */
  line: string;
  number: number;
  admissions: AdmissionRequest[];
  settled: { number: number; settlements: Settlement[] } | null;
  /** Requests that are still running after a long while: their reservations are kept. */
  running: string[];
}

/** One answer an admission, in their order. */
export type ExchangeAnswer = AdmissionAnswer[];
