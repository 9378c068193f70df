// Talk to a model: the request as it would be sent by code, and the answer as it streams.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ListResponse } from '../../contract/lists';
import type { ModelResponse } from '../../contract/models';
import { type ApiFailure, requestJson } from '../api/request';
import { streamChat } from '../api/stream-chat';
import { asFailure, useResource } from '../api/use-resource';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { jsonProblem } from '../components/json-field';
import { Page } from '../components/page';
import { messages } from '../preferences';
import { CodeDialog } from './code-dialog';
import { withChunk } from './collect-answer';
import { Composer } from './composer';
import { chatRequestOf, NO_ANSWER, openCalls, type Settings, type Turn } from './conversation';
import { SettingsForm, schemaProblem, toolsProblem } from './settings-form';
import { ToolResults } from './tool-results';
import { TurnView } from './turn-view';

const NO_SETTINGS: Settings = {
  model: '',
  system: '',
  temperature: '',
  maxTokens: '',
  tools: '',
  schema: '',
};

export function PlaygroundPage() {
  const { playground: m } = messages.value;
  const models = useResource<ListResponse<ModelResponse>>(
    (signal) => requestJson('GET', '/api/v1/models', { signal }),
    [],
  );
  const [chosen, setSettings] = useState(NO_SETTINGS);
  const [showsCode, setShowsCode] = useState(false);
  const settings = { ...chosen, model: chosen.model || (models.data?.data[0]?.id ?? 'sandbox') };
  const chat = useConversation(settings);
  const conversation = useFollowEnd(chat.turns, chat.streaming);
  const blocked =
    (jsonProblem(settings.tools, toolsProblem) ?? jsonProblem(settings.schema, schemaProblem)) === null
      ? null
      : m.settingsInvalid;
  const calls = chat.streaming ? [] : openCalls(chat.turns);

  return (
    <Page
      title={m.title}
      lead={m.lead}
      actions={
        <>
          <button type="button" class="quiet" disabled={blocked !== null} onClick={() => setShowsCode(true)}>
            <Icon name="code" />
            {m.code}
          </button>
          <button type="button" class="quiet" disabled={chat.turns.length === 0} onClick={chat.clear}>
            {m.clear}
          </button>
        </>
      }
    >
      <div class="split playground">
        <section ref={conversation} class="conversation" aria-label={m.conversation}>
          <div class="turns" aria-live="polite" aria-busy={chat.streaming}>
            {chat.turns.length === 0 && <p class="muted centered">{m.empty}</p>}
            {chat.turns.map((turn, index) => (
              // Turns are only ever added at the end: their place names them.
              <TurnView
                key={index}
                turn={turn}
                streaming={chat.streaming && index === chat.turns.length - 1}
              />
            ))}
            <ErrorNotice failure={chat.failure} onRetry={chat.retry} />
          </div>
          {calls.length > 0 && (
            <ToolResults
              key={calls.map(({ id }) => id).join()}
              calls={calls}
              blocked={blocked !== null}
              onSend={(results) => chat.send(results.map((result) => ({ role: 'tool', ...result })))}
            />
          )}
          {/* Always there: what was typed or attached while an answer came is for after the tools' results. */}
          <Composer
            streaming={chat.streaming}
            blocked={blocked ?? (calls.length > 0 ? m.resultsFirst : null)}
            onSend={(text, attachments) => chat.send([{ role: 'user', text, attachments }])}
            onStop={chat.stop}
          />
        </section>
        <SettingsForm settings={settings} models={models.data?.data ?? []} onChange={setSettings} />
      </div>
      {showsCode && (
        <CodeDialog request={chatRequestOf(settings, chat.turns)} onClose={() => setShowsCode(false)} />
      )}
    </Page>
  );
}

/** As long as the end was in sight, it stays so. */
const NEAR_END_PX = 240;

/** What is left free below the end, as below the composer where it sticks to the window. */
const END_MARGIN_PX = 16;

/** Follows the end of the conversation; on a phone, the settings come after it. */
function useFollowEnd(turns: readonly Turn[], streaming: boolean) {
  const conversation = useRef<HTMLElement>(null);
  // Each change of the turns may have made it longer, and so does what follows an answer.
  useEffect(() => {
    const end = conversation.current?.getBoundingClientRect().bottom ?? 0;
    const below = end + END_MARGIN_PX - innerHeight;
    if (turns.length > 0 && below > 0 && below < NEAR_END_PX) scrollBy(0, below);
  }, [turns, streaming]);
  return conversation;
}

/** The turns so far, and the answer that is coming. */
function useConversation(settings: Settings) {
  const [turns, setTurns] = useState<Turn[]>([]);
  const [streaming, setStreaming] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const controller = useRef<AbortController | null>(null);
  useEffect(() => () => controller.current?.abort(), []);

  const ask = async (asked: Turn[]) => {
    const abort = new AbortController();
    controller.current = abort;
    let answer = NO_ANSWER;
    setFailure(null);
    setStreaming(true);
    setTurns([...asked, { role: 'assistant', answer }]);
    try {
      const body = {
        ...chatRequestOf(settings, asked),
        stream: true,
        stream_options: { include_usage: true },
      };
      for await (const chunk of streamChat(body, abort.signal)) {
        answer = withChunk(answer, chunk);
        setTurns([...asked, { role: 'assistant', answer }]);
      }
    } catch (error) {
      const stopped = abort.signal.aborted;
      if (!stopped) setFailure(asFailure(error));
      // What came is kept; where nothing came there is no answer.
      setTurns((last) => {
        if (last.length === 0) return last;
        return answer === NO_ANSWER
          ? asked
          : [...asked, { role: 'assistant', answer: { ...answer, stopped } }];
      });
    }
    setStreaming(false);
  };
  return {
    turns,
    streaming,
    failure,
    send: (added: Turn[]) => ask([...turns, ...added]),
    retry: () => ask(turns.at(-1)?.role === 'assistant' ? turns.slice(0, -1) : turns),
    stop: () => controller.current?.abort(),
    clear: () => {
      controller.current?.abort();
      setFailure(null);
      setTurns([]);
    },
  };
}
