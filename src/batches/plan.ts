// The planning of an input file, in a queue invocation: one streaming pass that checks every line and cuts ranges.
// Interrupted, it goes on at the last range that was committed.

import { boundOf } from '../completions/estimate';
import type { InputError } from '../contract/batches';
import { ApiError } from '../contract/errors';
import { INPUT_ERRORS_LIMIT } from '../contract/limits';
import type { Detail } from '../contract/messages/en';
import { errorMessage, type Locale } from '../contract/messages/render';
import type { RangeCut } from './batch-spec';
import { type ScannedLine, type ScanPlace, scanInput } from './input-scan';
import { RangeCutter } from './range-cutter';
import type { PlanReport } from './state';

/** What a planner needs of the plan it claimed. */
export interface PlanGrant {
  epoch: number;
  inputKey: string;
  locale: Locale;
  hasBounds: boolean;
  from: ScanPlace;
  model: string | null | undefined;
}

/** Ranges are handed over at least so often, which keeps the lease too, and so many at once. */
const REPORT_INTERVAL_MS = 2_000;
const REPORT_RANGES = 100;

/** Reading and checking leave no gap by themselves: after so many lines others get their turn. */
const LINES_A_TURN = 100;

/** The batch's side of it: whether the plan is still this planner's. */
export type ReportPlan = (epoch: number, report: PlanReport, cuts: RangeCut[]) => Promise<boolean>;

/**
 * Plans on from where the grant stands until the file's end, or until the batch says that the plan is another's.
 *
 * @param seen the custom_ids of the ranges that are cut
 */
export async function planInput(
  bucket: R2Bucket,
  grant: PlanGrant,
  seen: Set<string>,
  report: ReportPlan,
): Promise<void> {
  const planner = new Planner(grant, report);
  const object = await bucket.get(grant.inputKey, { range: { offset: grant.from.byte } });
  if (object === null) {
    await planner.refuse({ code: 'invalid_request', detail: ['input_gone'], param: 'input_file_id' });
    return;
  }
  for await (const line of scanInput(object.body, grant.from, seen, grant.locale)) {
    if (!(await planner.take(line))) return;
    if (planner.isFull) break;
    if (line.kind === 'blank' || planner.lines % LINES_A_TURN === 0) await scheduler.wait(0);
  }
  await planner.finish();
}

class Planner {
  readonly #grant: PlanGrant;
  readonly #report: ReportPlan;
  readonly #cutter: RangeCutter;
  readonly #errors: InputError[] = [];
  #cuts: RangeCut[] = [];
  #model: string | null | undefined;
  /** The place after the last line, and after the last line of the last cut. */
  #place: ScanPlace;
  #cutPlace: ScanPlace;
  #reportedAt = Date.now();
  /** Lines taken so far. */
  lines = 0;

  constructor(grant: PlanGrant, report: ReportPlan) {
    this.#grant = grant;
    this.#report = report;
    this.#cutter = new RangeCutter(grant.from.item);
    this.#model = grant.model;
    this.#place = grant.from;
    this.#cutPlace = grant.from;
  }

  /** As many errors as are reported: reading on would not tell more. */
  get isFull(): boolean {
    return this.#errors.length >= INPUT_ERRORS_LIMIT;
  }

  /** Takes the next line. False where the plan is no longer ours. */
  async take(line: ScannedLine): Promise<boolean> {
    this.lines += 1;
    if (line.kind === 'input') this.#cut(line);
    else if (line.kind === 'fault') this.#errors.push(line.error);
    else this.#skipTo(line.next);
    const due = this.#cuts.length >= REPORT_RANGES || Date.now() - this.#reportedAt >= REPORT_INTERVAL_MS;
    return due ? this.#hand(false) : true;
  }

  async finish(): Promise<void> {
    const last = this.#errors.length === 0 ? this.#cutter.flush() : null;
    if (last !== null) this.#cuts.push(last);
    this.#cutPlace = this.#place;
    if (this.#place.item === 0 && this.#errors.length === 0) {
      await this.refuse({ code: 'empty_file', detail: ['file_empty'], param: null });
    } else {
      await this.#hand(true);
    }
  }

  /** Ends the plan with an error of the file as a whole. */
  async refuse({
    code,
    detail,
    param,
  }: Pick<InputError, 'code' | 'param'> & { detail: Detail }): Promise<void> {
    const error = new ApiError('invalid_request', { detail });
    this.#errors.push({ code, message: errorMessage(error, this.#grant.locale), param, line: null });
    await this.#hand(true);
  }

  /** After an error the batch can only fail, and what is cut already is enough to go on from. */
  #cut({ item, model, start, length, next }: Extract<ScannedLine, { kind: 'input' }>): void {
    if (this.#errors.length > 0) return;
    const boundNano = this.#grant.hasBounds ? boundOf(item.body, model, 'batch') : 0;
    const full = this.#cutter.add({ customId: item.custom_id, start, length, boundNano });
    if (full !== null) {
      this.#cuts.push(full);
      this.#cutPlace = this.#place;
    }
    this.#place = next;
    const { model: id } = item.body;
    this.#model = this.#model === undefined || this.#model === id ? id : null;
  }

  /** Whoever goes on need not read the blank lines again, which could take longer than one planner may live. */
  #skipTo(next: ScanPlace): void {
    if (this.#errors.length > 0) return;
    const open = this.#cutter.flush();
    if (open !== null) this.#cuts.push(open);
    this.#place = next;
    this.#cutPlace = next;
  }

  async #hand(done: boolean): Promise<boolean> {
    const cuts = this.#cuts;
    const items = cuts.reduce((sum, cut) => sum + cut.customIds.length, 0);
    this.#cuts = [];
    this.#reportedAt = Date.now();
    const progress = {
      items,
      next: this.#cutPlace,
      model: this.#model,
      done,
      errors: done ? this.#errors : [],
    };
    return this.#report(this.#grant.epoch, progress, cuts);
  }
}
