// One turn of the conversation as it is shown.
import type { ToolCall } from '../../contract/chat';
import { CopyButton } from '../components/copy-button';
import { Icon } from '../components/icon';
import { formatCount, formatMoney } from '../format';
import { messages } from '../preferences';
import { type Answer, type Turn, wholeCalls } from './conversation';

export function TurnView({ turn, streaming }: { turn: Turn; streaming: boolean }) {
  const { playground: m } = messages.value;
  return (
    <article class={`turn ${turn.role}`} aria-busy={streaming}>
      <h3>{m.roles[turn.role]}</h3>
      {turn.role === 'user' && (
        <>
          {turn.text !== '' && <p class="turn-text">{turn.text}</p>}
          {turn.attachments.length > 0 && (
            <ul class="attachments">
              {turn.attachments.map(({ fileId, name }) => (
                <li key={fileId}>
                  <Icon name="files" />
                  {name}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
      {turn.role === 'tool' && <p class="turn-text mono">{turn.text}</p>}
      {turn.role === 'assistant' && <AnswerView answer={turn.answer} streaming={streaming} />}
    </article>
  );
}

function AnswerView({ answer, streaming }: { answer: Answer; streaming: boolean }) {
  const { playground: m } = messages.value;
  const json = prettyJson(answer.text);
  return (
    <>
      {json === null ? (
        <p class={`turn-text ${streaming ? 'typing' : ''}`}>{answer.text}</p>
      ) : (
        <pre class="code-block">{json}</pre>
      )}
      {answer.refusal !== '' && <p class="turn-text muted">{answer.refusal}</p>}
      {answer.toolCalls.map((call) => (
        <CallView key={call.id} call={call} />
      ))}
      {!streaming && wholeCalls(answer).length < answer.toolCalls.length && (
        <p class="call-note">{m.callsLeftOut}</p>
      )}
      {!streaming && (
        <footer class="turn-facts">
          {answer.usage !== null && (
            <span>
              {m.usage(formatCount(answer.usage.prompt_tokens), formatCount(answer.usage.completion_tokens))}
            </span>
          )}
          {answer.cost !== null && <span>{formatMoney(answer.cost.total_cost)}</span>}
          <span>{answer.finishReason ?? (answer.stopped ? m.stopped : m.brokenOff)}</span>
          {answer.text !== '' && <CopyButton value={answer.text} label={m.copyAnswer} />}
        </footer>
      )}
    </>
  );
}

function CallView({ call }: { call: ToolCall }) {
  return (
    <pre class="code-block call">
      <strong>{call.function.name}</strong> {call.function.arguments}
    </pre>
  );
}

/** An answer that is JSON is read more easily in lines; anything else is left as it is. */
function prettyJson(text: string): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
