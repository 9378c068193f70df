// Tells that a part of the month's budget is spent: each threshold once a month. The row is the outbox, written in the
// transaction that books the money; whoever delivers takes an event as often as it is handed over.
import { newId } from '../contract/ids';
import { usdFromNano } from '../contract/money';
import type { WebhookEvent } from '../contract/webhooks';
import { monthOf, type Purse } from './budget';

/** Per cent of the budget. The last is also reached where what is left pays for no request any more. */
const THRESHOLDS_PERCENT = [50, 80, 100] as const;
const NEARLY_SPENT_PERCENT = 80;

export const BUDGET_EVENTS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS budget_events (
    month TEXT NOT NULL,
    threshold INTEGER NOT NULL,
    event TEXT NOT NULL,
    handed_over INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (month, threshold)
  ) WITHOUT ROWID;
`;

export class BudgetEvents {
  readonly #sql: SqlStorage;
  /** Whether there are events that no one was told of yet. */
  #hasNews = false;
  /** The highest threshold told of, of the month that was last asked for. */
  #told: { month: string; threshold: number } | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Notes what is reached by now.
   *
   * @param isShort whether a request was refused for what is spent
   */
  note({ budgetNano, spentNano }: Purse, isShort: boolean, now: number): void {
    if (budgetNano === 0) return;
    const month = monthOf(now);
    if (this.#told?.month !== month) this.#told = { month, threshold: this.#highest(month) };
    const { threshold: told } = this.#told;
    const spentPercent = (spentNano / budgetNano) * 100;
    const percent = isShort && spentPercent >= NEARLY_SPENT_PERCENT ? 100 : spentPercent;
    const reached = THRESHOLDS_PERCENT.filter((threshold) => threshold > told && percent >= threshold);
    for (const threshold of reached) {
      const event: WebhookEvent = {
        id: newId('evt'),
        type: 'budget.threshold',
        createdAt: now,
        data: { threshold, budget: usdFromNano(budgetNano), spent: usdFromNano(spentNano), month },
      };
      this.#sql.exec(
        'INSERT INTO budget_events (month, threshold, event) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        month,
        threshold,
        JSON.stringify(event),
      );
      this.#told = { month, threshold };
      this.#hasNews = true;
    }
  }

  /** Whether events were noted since this was last asked. */
  takeNews(): boolean {
    const hasNews = this.#hasNews;
    this.#hasNews = false;
    return hasNews;
  }

  /** Hands every event over that no one has taken yet. What `take` throws leaves the rest for another time. */
  async handOver(take: (event: WebhookEvent) => Promise<void>): Promise<void> {
    for (const event of this.#pending()) {
      await take(event);
      this.#sql.exec(
        'UPDATE budget_events SET handed_over = 1 WHERE month = ? AND threshold = ?',
        event.data.month,
        event.data.threshold,
      );
    }
  }

  /** Whether there are events that no one has taken yet. */
  arePending(): boolean {
    return this.#pending().length > 0;
  }

  #pending(): WebhookEvent[] {
    return this.#sql
      .exec<{ event: string }>(
        'SELECT event FROM budget_events WHERE handed_over = 0 ORDER BY month, threshold',
      )
      .toArray()
      .map(({ event }) => JSON.parse(event));
  }

  /** What is in memory may not be what is stored. */
  forget(): void {
    this.#told = null;
  }

  #highest(month: string): number {
    return this.#sql
      .exec<{ highest: number }>(
        'SELECT coalesce(max(threshold), 0) AS highest FROM budget_events WHERE month = ?',
        month,
      )
      .one().highest;
  }
}
