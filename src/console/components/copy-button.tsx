// Copies a text, and says that it did.
import { useState } from 'preact/hooks';
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
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  const said = copied ? messages.value.common.copied : label;
  return (
    <button type="button" class={words ? 'quiet' : 'bare'} onClick={copy} aria-label={said} title={said}>
      <Icon name={copied ? 'check' : 'copy'} />
      {words && <span>{said}</span>}
    </button>
  );
}
