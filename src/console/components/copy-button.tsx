// Copies a text, and says that it did.
import { useRef, useState } from 'preact/hooks';
import { messages } from '../preferences';
import { Icon } from './icon';

/** How long it says so. */
const SAID_MS = 1_500;

/** @param label what is copied, for those who hear the button; shown where `text` is to be a button with words */
export function CopyButton({
  value,
  label,
  words = false,
}: {
  value: string;
  label: string;
  words?: boolean;
}) {
  const [copied, setCopied] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const copy = async () => {
    await copyText(value, button.current);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  const said = copied ? messages.value.common.copied : label;
  return (
    <button
      ref={button}
      type="button"
      class={words ? 'quiet' : 'bare'}
      onClick={copy}
      aria-label={said}
      title={said}
    >
      <Icon name={copied ? 'check' : 'copy'} />
      {words && <span>{said}</span>}
    </button>
  );
}

/** An origin that is not secure, as a console in a private network may be on, has no clipboard but the old way's. */
async function copyText(text: string, button: HTMLButtonElement | null): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.className = 'visually-hidden';
  field.value = text;
  // Beside the button, since nothing outside of an open dialog can be selected.
  button?.after(field);
  field.select();
  document.execCommand('copy');
  field.remove();
  button?.focus();
}
