// Asks before something that cannot be undone.
import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';
import { messages } from '../preferences';
import { Dialog } from './dialog';

interface Question {
  title: string;
  text: string;
  /** What the button says that does it. */
  action: string;
  /** What the other button says, where "Cancel" could be taken for the action. */
  keep?: string;
  onConfirm: () => void;
}

/** `ask` opens the dialog; `dialog` is to be put into the page. */
export function useConfirm(): { ask: (question: Question) => void; dialog: ComponentChild } {
  const [question, ask] = useState<Question | null>(null);
  if (question === null) return { ask, dialog: null };
  const close = () => ask(null);
  const dialog = (
    <Dialog title={question.title} onClose={close}>
      <p>{question.text}</p>
      <footer class="actions">
        <button type="button" class="quiet" onClick={close}>
          {question.keep ?? messages.value.common.cancel}
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            close();
            question.onConfirm();
          }}
        >
          {question.action}
        </button>
      </footer>
    </Dialog>
  );
  return { ask, dialog };
}
