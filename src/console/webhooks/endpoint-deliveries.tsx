// What was sent to one endpoint, newest first, attempt by attempt.

import type { ListResponse } from '../../contract/lists';
import type { DeliveryResponse } from '../../contract/webhooks';
import { requestJson } from '../api/request';
import { useResource } from '../api/use-resource';
import { DeliveryTable, OnItsWay } from '../components/delivery-table';
import { ErrorNotice } from '../components/error-notice';
import { messages } from '../preferences';

/** @param round another number reads the list again */
export function EndpointDeliveries({ path, round }: { path: string; round: number }) {
  const { webhooks: m, common } = messages.value;
  const list = useResource<ListResponse<DeliveryResponse>>(
    (signal) => requestJson('GET', `${path}/deliveries`, { signal }),
    [path, round],
  );
  const attempts = list.data?.data.flatMap((delivery) =>
    delivery.attempts.map((attempt) => ({
      ...attempt,
      webhook_id: `${delivery.event_type} ${delivery.event_id}`,
    })),
  );
  const pending = list.data?.data.some(({ status }) => status === 'pending') ?? false;
  return (
    <div>
      <div class="toolbar end">
        <OnItsWay shown={pending} />
        <button type="button" class="quiet" disabled={list.loading} onClick={list.reload}>
          {common.reload}
        </button>
      </div>
      <ErrorNotice failure={list.failure} />
      {attempts?.length === 0 && !pending && <p class="muted centered">{m.nothingSent}</p>}
      {attempts !== undefined && attempts.length > 0 && <DeliveryTable attempts={attempts} />}
    </div>
  );
}
