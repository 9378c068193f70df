// Items that cost exactly their bound, all the same: what so much money pays for is known to the item.
import { boundOf } from '../../src/completions/estimate';
import type { BatchLine } from '../../src/contract/batches';
import { findModel } from '../../src/models/catalogue';
import { line } from './rig';

/** It fills its `max_tokens`, and all are of the same length. */
export const evenItem = (n: number, fault = ''): BatchLine =>
  line(String(n), `item ${String(n).padStart(3, '0')}${fault}\n@sandbox tokens=50`, { max_tokens: 50 });

export const ITEMS = Array.from({ length: 20 }, (_, n) => evenItem(n));

/** Nano-dollars that an item can cost at most. */
export function boundNanoOf({ body }: BatchLine): number {
  const model = findModel('sandbox');
  if (model === null) throw new Error('no sandbox');
  return boundOf(body, model, 'batch');
}

/** Nano-dollars that each of these costs. */
export const COST = boundNanoOf(evenItem(0));
