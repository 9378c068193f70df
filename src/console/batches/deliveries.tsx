// The attempts to deliver a batch's webhook, and sending it once more.
import { useState } from 'preact/hooks';
import type { ListResponse } from '../../contract/lists';
import type { BatchDeliveryAttempt } from '../../contract/webhooks';
import { request, requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { useResource } from '../api/use-resource';
import { DeliveryTable, OnItsWay } from '../components/delivery-table';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { messages } from '../preferences';

export function Deliveries({ batchId, ended }: { batchId: string; ended: boolean }) {
  const { deliveries: m, common } = messages.value;
  const path = `/api/v1/batches/${batchId}/deliveries`;
  /** How many attempts there were when it was sent again. */
  const [resentAfter, setResentAfter] = useState<number | null>(null);
  const list = useResource<ListResponse<BatchDeliveryAttempt>>(
    (signal) => requestJson('GET', path, { signal }),
    [path],
  );
  const attempts = list.data?.data ?? null;
  const resend = useAction(async () => {
    await request('POST', `${path}/resend`);
    setResentAfter(attempts?.length ?? 0);
    list.reload();
  });
  return (
    <>
      <div class="toolbar end">
        <OnItsWay shown={resentAfter !== null && attempts?.length === resentAfter} />
        <button type="button" class="quiet" onClick={list.reload} disabled={list.loading}>
          <Icon name="retry" />
          {common.reload}
        </button>
        {attempts !== null && attempts.length > 0 && ended && (
          <button type="button" class="quiet" onClick={resend.run} disabled={resend.busy}>
            <Icon name="send" />
            {m.resend}
          </button>
        )}
      </div>
      <ErrorNotice failure={list.failure ?? resend.failure} />
      {attempts?.length === 0 && <p class="muted centered">{ended ? m.none : m.notYet}</p>}
      {attempts !== null && attempts.length > 0 && <DeliveryTable attempts={attempts} />}
    </>
  );
}
