// How much of the month's budget is spent.
import { formatMoney, formatPercent } from '../format';
import { messages } from '../preferences';

/** From here on it is worth a look. */
const WARN_SHARE = 0.8;

export function BudgetBar({ limit, spent }: { limit: number; spent: number }) {
  const { usage: m } = messages.value;
  const share = limit === 0 ? 1 : spent / limit;
  /** The bar has no room for more than all of it. */
  const filled = Math.min(1, share);
  const tone = share >= 1 ? 'bad' : share >= WARN_SHARE ? 'warn' : '';
  return (
    <section class={`card budget ${tone}`}>
      <div class="progress-line">
        <h2 class="card-title">{m.budget}</h2>
        <span class="tabular">{m.spentOf(formatMoney(spent), formatMoney(limit))}</span>
        <span class="muted tabular">{formatPercent(share)}</span>
      </div>
      <div
        class="progress-bar"
        role="progressbar"
        aria-label={m.budget}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(filled * 100)}
        aria-valuetext={formatPercent(share)}
      >
        <span class="spent" style={{ width: `${filled * 100}%` }} />
      </div>
    </section>
  );
}
