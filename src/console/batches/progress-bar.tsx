// How far a batch is: what succeeded, what failed, what is left.
import { messages } from '../preferences';
import type { Progress } from './batch-tally';

export function ProgressBar({ progress, small = false }: { progress: Progress; small?: boolean }) {
  const { completed, failed, total } = progress;
  const percent = (count: number) => `${total === 0 ? 0 : (count / total) * 100}%`;
  return (
    <div
      class={`progress-bar ${small ? 'small' : ''} ${progress.status}`}
      role="progressbar"
      aria-label={messages.value.batches.progress}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={completed + failed}
    >
      <span class="completed" style={{ width: percent(completed) }} />
      <span class="failed" style={{ width: percent(failed) }} />
    </div>
  );
}
