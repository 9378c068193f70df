// Code or JSON to read and to copy.
import { CopyButton } from './copy-button';

/** @param label what it is, for those who hear the button */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <div class="code-frame">
      <CopyButton value={text} label={label} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard. */}
      <pre class="code-block" tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}
