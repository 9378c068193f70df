// The figures of a batch, moving while it runs, and said aloud now and then for those who do not see them.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useNow } from '../components/time';
import { formatCount, formatDuration, formatMoney, formatPercent, formatRate, NO_VALUE } from '../format';
import { messages } from '../preferences';
import { timeLeft } from './batch-tally';
import { isEnded, type WatchView } from './batch-watch';
import { ProgressBar } from './progress-bar';

export function ProgressCard({ view }: { view: WatchView }) {
  const { batches: m } = messages.value;
  const { batch, connection } = view;
  const done = batch.completed + batch.failed;
  const ended = isEnded(batch);
  const now = useNow(ended ? null : 1000);
  const startedAt = batch.started_at === null ? null : new Date(batch.started_at).getTime();
  const endedAt = batch.completed_at === null ? now : new Date(batch.completed_at).getTime();
  const tookMs = startedAt === null ? null : Math.max(1, endedAt - startedAt);
  const rate = ended ? (tookMs === null ? null : (done / tookMs) * 1000) : view.rate;
  const left = timeLeft(batch, rate);

  return (
    <section class="card progress-card" aria-label={m.progress}>
      <div class="progress-line">
        <span class="figure">{formatPercent(batch.total === 0 ? 0 : done / batch.total)}</span>
        <span class="muted tabular">{m.doneOf(formatCount(done), formatCount(batch.total))}</span>
        <span class={`connection ${connection}`}>{m.connections[connection]}</span>
      </div>
      <ProgressBar progress={batch} />
      <dl class="tiles">
        <Tile name={m.statuses.completed} value={formatCount(batch.completed)} tone="good" />
        <Tile
          name={m.statuses.failed}
          value={formatCount(batch.failed)}
          tone={batch.failed > 0 ? 'bad' : ''}
        />
        <Tile
          name={ended ? m.averageRate : m.rate}
          // Nothing that has ended yet is not a speed of nothing.
          value={rate === null || done === 0 ? NO_VALUE : m.perSecond(formatRate(rate))}
        />
        {ended ? (
          <Tile name={m.duration} value={tookMs === null ? NO_VALUE : formatDuration(tookMs)} />
        ) : (
          <Tile name={m.timeLeft} value={left === null ? NO_VALUE : formatDuration(left)} />
        )}
        <Tile
          name={ended ? m.cost : m.costSoFar}
          value={formatMoney(ended ? batch.cost?.total_cost : view.cost)}
        />
      </dl>
      <Announcement
        text={m.announcement(m.statuses[batch.status], formatCount(done), formatCount(batch.total))}
      />
    </section>
  );
}

function Tile({ name, value, tone = '' }: { name: string; value: string; tone?: string }) {
  return (
    <div class={`tile ${tone}`}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** A reader needs longer for a sentence than the batch for an item. */
const ANNOUNCE_INTERVAL_MS = 5_000;

function Announcement({ text }: { text: string }) {
  const [said, setSaid] = useState(text);
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    const timer = setInterval(() => setSaid(latest.current), ANNOUNCE_INTERVAL_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="visually-hidden" aria-live="polite">
      {said}
    </p>
  );
}
