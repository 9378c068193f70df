// Copies a text, and says whether it did.
import { useRef, useState } from 'preact/hooks';
import { messages } from '../preferences';
import { copyText } from './copy-text';
import { Icon } from './icon';

/** How long it says so. */
const SAID_MS = 1_500;

const ICONS = { nothing: 'copy', copied: 'check', notCopied: 'close' } as const;

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
  const [outcome, setOutcome] = useState<'copied' | 'notCopied' | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const copy = async () => {
    setOutcome((await copyText(value, button.current)) ? 'copied' : 'notCopied');
    setTimeout(() => setOutcome(null), SAID_MS);
  };
  const said = outcome === null ? label : messages.value.common[outcome];
  return (
    <button
      ref={button}
      type="button"
      class={words ? 'quiet' : 'bare'}
      onClick={copy}
      aria-label={said}
      title={said}
    >
      <Icon name={ICONS[outcome ?? 'nothing']} />
      {words && <span>{said}</span>}
    </button>
  );
}
