// What can be done with a batch as a whole: cancel, retry, download, delete.
import type { BatchResponse } from '../../contract/batches';
import { newIdempotencyKey } from '../api/idempotency-key';
import { request, requestJson } from '../api/request';
import { saveAnswer } from '../api/save-answer';
import { useAction } from '../api/use-action';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { useConfirm } from '../components/use-confirm';
import { formatCount } from '../format';
import { messages } from '../preferences';
import { navigate } from '../route';
import { isEnded } from './batch-watch';

export function BatchActions({ batch }: { batch: BatchResponse }) {
  const { batches: m } = messages.value;
  const confirm = useConfirm();
  const path = `/api/v1/batches/${batch.id}`;
  const ended = isEnded(batch);
  const undone = batch.total - batch.completed;

  const cancel = useAction(async () => void (await request('POST', `${path}/cancel`)));
  const remove = useAction(async () => {
    await request('DELETE', path);
    navigate('batches');
  });
  const retry = useAction(async () => {
    const headers = { 'Idempotency-Key': newIdempotencyKey() };
    const made = await requestJson<BatchResponse>('POST', `${path}/retry`, { headers });
    navigate('batches', made.id);
  });
  const download = useAction(() =>
    // A batch has its results with it as long as they are few bytes.
    saveAnswer(`${batch.id}.jsonl`, batch.results === null ? null : 0, () =>
      request('GET', `${path}/results`, { headers: { Accept: 'application/jsonl' } }),
    ),
  );

  return (
    <>
      {ended && undone > 0 && batch.errors === undefined && (
        <button type="button" class="quiet" disabled={retry.busy} onClick={retry.run}>
          <Icon name="retry" />
          {m.retry(formatCount(undone))}
        </button>
      )}
      {ended && batch.total > 0 && (
        <button
          type="button"
          class="quiet"
          disabled={download.busy}
          aria-busy={download.busy}
          onClick={download.run}
        >
          <Icon name="download" />
          {m.download}
        </button>
      )}
      {ended ? (
        <button
          type="button"
          class="quiet"
          onClick={() =>
            confirm.ask({ title: m.removeTitle, text: m.removeText, action: m.remove, onConfirm: remove.run })
          }
        >
          <Icon name="trash" />
          {m.remove}
        </button>
      ) : (
        <button
          type="button"
          class="quiet"
          disabled={cancel.busy}
          onClick={() =>
            confirm.ask({
              title: m.cancelTitle,
              text: m.cancelText,
              action: m.cancel,
              keep: m.keepRunning,
              onConfirm: cancel.run,
            })
          }
        >
          <Icon name="stop" />
          {m.cancel}
        </button>
      )}
      {confirm.dialog}
      <ErrorNotice failure={cancel.failure ?? remove.failure ?? retry.failure ?? download.failure} />
    </>
  );
}
