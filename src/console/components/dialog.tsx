// A modal dialog on the browser's own element: it keeps the focus, gives it back at the end, and closes on Escape.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { messages } from '../preferences';
import { Icon } from './icon';

interface DialogProps {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // One that is only taken out of the page does not give the focus back.
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} onClose={onClose} aria-labelledby={titleId} class={wide ? 'wide' : ''}>
      <article>
        <header>
          <h2 id={titleId}>{title}</h2>
          <button
            type="button"
            class="bare"
            aria-label={messages.value.common.close}
            onClick={() => element.current?.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </article>
    </dialog>
  );
}
