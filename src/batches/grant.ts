// What the batch's object and the consumer that runs a range say to each other: the grant of a claim, and the commits.
import type { BatchSpec } from './batch-spec';
import type { RangeRow } from './batch-store';
import { type RangeReport, runsOneByOne, UNBOUNDED } from './state';

/** What a consumer needs to run a range it claimed. */
export interface Grant {
  range: number;
  epoch: number;
  /** Index of its first item in the batch. */
  first: number;
  /** Byte offsets of its lines in the input object, and how many there are. */
  start: number;
  end: number;
  count: number;
  customIds: string[];
  /** Positions already recorded, one bit each, and failed tries of the others. */
  done: number;
  attempts: Record<number, number>;
  /** Set where its items must run one after another, with so much nano-dollars for all of them. */
  aloneWithNano: number | null;
  /** Its items must run one after another, each try reported before it begins: consumers died of one of them. */
  oneByOne: boolean;
}

/** The answer to a claim: what was granted of it, and what all of its items share. */
export interface Claimed {
  spec: Pick<BatchSpec, 'accountId' | 'origin' | 'locale' | 'inputKey'> & { hasCeiling: boolean };
  grants: Grant[];
}

/** A consumer's report on one range, with the JSON text of each outcome as bytes. */
export interface RangeCommit {
  range: number;
  epoch: number;
  report: RangeReport;
  /** In the order of `report.items`. */
  results: Uint8Array[];
}

/** The grant of a range as it was before the claim. */
export function grantOf(range: RangeRow): Grant {
  const { n, epoch, first, start, end, count, customIds, done, attempts } = range;
  const aloneWithNano = range.boundNano === UNBOUNDED ? range.reservedNano : null;
  const oneByOne = runsOneByOne(range);
  return { range: n, epoch, first, start, end, count, customIds, done, attempts, aloneWithNano, oneByOne };
}
