// The results a person gives in place of the tools that the model called.
import { useState } from 'preact/hooks';
import type { ToolCall } from '../../contract/chat';
import { Field } from '../components/field';
import { messages } from '../preferences';

interface ToolResultsProps {
  calls: readonly ToolCall[];
  /** Whether nothing can be sent now. */
  blocked: boolean;
  onSend: (results: { callId: string; text: string }[]) => void;
}

export function ToolResults({ calls, blocked, onSend }: ToolResultsProps) {
  const { playground: m } = messages.value;
  const [texts, setTexts] = useState<Record<string, string>>({});
  return (
    <form
      class="card stack tool-results"
      onSubmit={(event) => {
        event.preventDefault();
        onSend(calls.map(({ id }) => ({ callId: id, text: texts[id] ?? '' })));
      }}
    >
      {calls.map(({ id, function: { name } }) => (
        <Field key={id} label={m.resultOf(name)}>
          <textarea
            class="code"
            rows={2}
            value={texts[id] ?? ''}
            onInput={(event) => setTexts({ ...texts, [id]: event.currentTarget.value })}
          />
        </Field>
      ))}
      <div class="actions">
        <button type="submit" class="primary" disabled={blocked}>
          {m.sendResults}
        </button>
      </div>
    </form>
  );
}
