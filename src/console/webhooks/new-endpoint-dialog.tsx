// Registers an endpoint: where to, and which events.
import { useState } from 'preact/hooks';
import type { EndpointWithSecret } from '../api/answers';
import { newIdempotencyKey } from '../api/idempotency-key';
import { requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { Dialog } from '../components/dialog';
import { ErrorNotice } from '../components/error-notice';
import { Field } from '../components/field';
import { messages } from '../preferences';

const EVENTS = ['batch.completed', 'batch.failed', 'batch.expired', 'batch.cancelled'];

interface NewEndpointDialogProps {
  onMade: (endpoint: EndpointWithSecret) => void;
  onClose: () => void;
}

export function NewEndpointDialog({ onMade, onClose }: NewEndpointDialogProps) {
  const { webhooks: m } = messages.value;
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<string[]>(EVENTS);
  const [idempotencyKey] = useState(newIdempotencyKey);
  const create = useAction(async () => {
    const made = await requestJson<EndpointWithSecret>('POST', '/api/v1/webhooks', {
      body: { url: url.trim(), events },
      headers: { 'Idempotency-Key': idempotencyKey },
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
        <fieldset class="checks">
          <legend class="field-label">{m.events}</legend>
          {EVENTS.map((name) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={events.includes(name)}
                onChange={(event) =>
                  setEvents(
                    EVENTS.filter((other) =>
                      other === name ? event.currentTarget.checked : events.includes(other),
                    ),
                  )
                }
              />
              <span class="mono">{name}</span>
            </label>
          ))}
        </fieldset>
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
