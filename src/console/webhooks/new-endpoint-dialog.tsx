// Registers an endpoint: where to, and which events.
import { useState } from 'preact/hooks';
import type { EndpointWithSecret, EventType } from '../../contract/webhooks';
import { requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { Checks } from '../components/checks';
import { Dialog } from '../components/dialog';
import { ErrorNotice } from '../components/error-notice';
import { Field } from '../components/field';
import { messages } from '../preferences';

/** A table and not a list: an event that is forgotten does not compile. */
const EVENT_TYPES: Record<Exclude<EventType, 'webhook.test'>, true> = {
  'batch.completed': true,
  'batch.failed': true,
  'batch.expired': true,
  'batch.cancelled': true,
  'budget.threshold': true,
  'webhook.disabled': true,
};
const EVENTS = Object.keys(EVENT_TYPES) as (keyof typeof EVENT_TYPES)[];

interface NewEndpointDialogProps {
  onMade: (endpoint: EndpointWithSecret) => void;
  onClose: () => void;
}

export function NewEndpointDialog({ onMade, onClose }: NewEndpointDialogProps) {
  const { webhooks: m } = messages.value;
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState(EVENTS);
  const create = useAction(async () => {
    const made = await requestJson<EndpointWithSecret>('POST', '/api/v1/webhooks', {
      body: { url: url.trim(), events },
    });
    onClose();
    onMade(made);
  });
  return (
    <Dialog title={m.create} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.run();
        }}
      >
        <Field label="URL">
          <input
            type="url"
            required
            placeholder="https://"
            value={url}
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
        </Field>
        <Checks
          legend={m.events}
          options={EVENTS.map((value) => ({ value, text: <span class="mono">{value}</span> }))}
          chosen={events}
          onChange={setEvents}
        />
        <ErrorNotice failure={create.failure} />
        <footer class="actions">
          <button
            type="submit"
            class="primary"
            disabled={create.busy || url.trim() === '' || events.length === 0}
          >
            {m.create}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
