// A failure as people can act on it: the server's own words, the place, and the id to ask support with.
import type { ApiFailure } from '../api/request';
import { messages } from '../preferences';
import { CopyButton } from './copy-button';

export function ErrorNotice({ failure, onRetry }: { failure: ApiFailure | null; onRetry?: () => void }) {
  if (failure === null) return null;
  const { errors, common } = messages.value;
  return (
    <div class="notice danger" role="alert">
      <p>{failure.message}</p>
      <p class="notice-facts">
        <code>{failure.type}</code>
        {failure.param !== null && (
          <span>
            {errors.place} <code>{failure.param}</code>
          </span>
        )}
        {failure.requestId !== null && (
          <span>
            {errors.requestId} <code>{failure.requestId}</code>
            <CopyButton value={failure.requestId} label={errors.copyRequestId} />
          </span>
        )}
        {onRetry && (
          <button type="button" class="quiet small" onClick={onRetry}>
            {common.tryAgain}
          </button>
        )}
      </p>
    </div>
  );
}
