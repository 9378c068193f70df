// The playground's request as code.
import { useState } from 'preact/hooks';
import { Choice } from '../components/choice';
import { CodeBlock } from '../components/code-block';
import { Dialog } from '../components/dialog';
import { messages } from '../preferences';
import { codeSample, SAMPLE_KINDS, type SampleKind } from './code-samples';

export function CodeDialog({ request, onClose }: { request: object; onClose: () => void }) {
  const { playground: m } = messages.value;
  const [kind, setKind] = useState<SampleKind>('curl');
  return (
    <Dialog title={m.code} onClose={onClose} wide>
      <div class="stack">
        <Choice
          label={m.language}
          value={kind}
          options={SAMPLE_KINDS.map((value) => ({ value, text: SAMPLE_NAMES[value] }))}
          onChange={setKind}
        />
        <CodeBlock text={codeSample(kind, location.origin, request)} label={m.copyCode} />
        <p class="muted small">{m.keyHint}</p>
      </div>
    </Dialog>
  );
}

const SAMPLE_NAMES: Record<SampleKind, string> = { curl: 'curl', openai: 'OpenAI SDK', fetch: 'fetch' };
