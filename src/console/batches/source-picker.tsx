// Chooses what a batch is made from: a file, a pasted text, or the sample.
import { useState } from 'preact/hooks';
import { DropZone } from '../components/drop-zone';
import { Icon } from '../components/icon';
import { messages } from '../preferences';
import { type BatchSource, readSource, readText, type SourceProblem } from './batch-source';

interface SourcePickerProps {
  problem: SourceProblem | null;
  onChoose: (read: () => BatchSource | Promise<BatchSource>) => void;
}

export function SourcePicker({ problem, onChoose }: SourcePickerProps) {
  const { newBatch: m } = messages.value;
  const [text, setText] = useState('');
  return (
    <div class="stack narrow">
      <DropZone
        accept=".jsonl,.ndjson,.csv,.tsv,.txt,.json"
        onFiles={([file]) => file && onChoose(() => readSource(file))}
      >
        <Icon name="upload" />
        <strong>{m.dropTitle}</strong>
        <span class="muted">{m.dropText}</span>
      </DropZone>
      {problem !== null && (
        <div class="notice danger" role="alert">
          <p>{problemText(problem)}</p>
        </div>
      )}
      <form
        class="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          onChoose(() => readText(m.pastedName, text));
        }}
      >
        <label class="field">
          <span class="field-label">{m.paste}</span>
          <textarea
            class="code"
            rows={7}
            spellcheck={false}
            placeholder={m.pastePlaceholder}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <small>{m.pasteHint}</small>
        </label>
        <div class="actions">
          <button type="button" class="quiet" onClick={() => onChoose(() => readText(m.sampleName, SAMPLE))}>
            {m.sample}
          </button>
          <button type="submit" class="primary" disabled={text.trim() === ''}>
            {m.use}
          </button>
        </div>
      </form>
    </div>
  );
}

function problemText(problem: SourceProblem): string {
  const { problems } = messages.value.newBatch;
  switch (problem.code) {
    case 'empty':
    case 'unreadable':
      return problems[problem.code];
    case 'not_text':
      return problems.notText;
    case 'not_json':
      return problems.notJson(problem.line, problem.reason);
    case 'not_a_request':
      return problems.notARequest(problem.line);
  }
}

/** Something to try the page with: forty reviews, as a table. */
const SAMPLE = [
  'id,product,review',
  ...Array.from({ length: 40 }, (_, index) => {
    const product = ['Desk lamp', 'Kettle', 'Notebook', 'Backpack'][index % 4];
    const review = [
      'Does what it says, and arrived a day early.',
      'The lid broke in the first week. I would like a refund.',
      'Good paper, but the cover scratches easily.',
      'Third one I have bought. Still the best.',
      'Smaller than in the picture.',
    ][index % 5];
    return `review-${String(index + 1).padStart(2, '0')},${product},"${review}"`;
  }),
].join('\n');
