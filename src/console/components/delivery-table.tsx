// Attempts to deliver webhooks, one a row.
import type { DeliveryAnswer } from '../api/answers';
import { formatDuration, NO_VALUE } from '../format';
import { messages } from '../preferences';
import { Badge } from './status-badge';
import { Time } from './time';

export function DeliveryTable({ attempts }: { attempts: readonly DeliveryAnswer[] }) {
  const { deliveries: m } = messages.value;
  return (
    <div class="table-frame">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">{m.message}</th>
            <th scope="col">{m.attempt}</th>
            <th scope="col">{m.status}</th>
            <th scope="col" class="number">
              {m.duration}
            </th>
            <th scope="col" class="wide-only">
              {m.error}
            </th>
            <th scope="col" class="number">
              {m.at}
            </th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt) => (
            <tr key={`${attempt.webhook_id} ${attempt.attempt}`}>
              <td class="mono clip">{attempt.webhook_id}</td>
              <td class="tabular">{attempt.attempt}</td>
              <td>
                <Badge tone={delivered(attempt) ? 'good' : 'bad'}>{attempt.status ?? m.noAnswer}</Badge>
              </td>
              <td class="number">{formatDuration(attempt.duration_ms)}</td>
              <td class="wide-only">{attempt.error ?? NO_VALUE}</td>
              <td class="number muted">
                <Time iso={attempt.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function delivered({ status }: DeliveryAnswer): boolean {
  return status !== null && status >= 200 && status < 300;
}
