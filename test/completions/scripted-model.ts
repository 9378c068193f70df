// What tests of completions share: a model that says what it is told to, in the catalogue or beside it, and what a
// completion gets from around it.
import type { CompletionContext } from '../../src/completions/complete';
import type { PartReader } from '../../src/completions/content-parts';
import type { ChatRequest, ChunkChoice, FinishReason, Usage } from '../../src/contract/chat';
import { NO_USAGE } from '../../src/contract/chat';
import type { CatalogueModel } from '../../src/models/catalogue';
import type { ModelCall, ModelEvent } from '../../src/models/model';

export const USAGE: Usage = {
  ...NO_USAGE,
  prompt_tokens: 60,
  completion_tokens: 11,
  total_tokens: 71,
  prompt_tokens_details: { ...NO_USAGE.prompt_tokens_details, cached_tokens: 10, text_tokens: 60 },
  completion_tokens_details: { text_tokens: 11, reasoning_tokens: 0 },
};

/** One step of a stream: an event, an error, the wait for the test's word, or silence for good. */
export type Step = ModelEvent | Error | Promise<unknown> | 'silence';

export const said = (
  content: string,
  finish: FinishReason | null = null,
): Extract<ModelEvent, { type: 'chunk' }> => ({
  type: 'chunk',
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
});

export const chunk = (
  delta: ChunkChoice['delta'],
  finish: FinishReason | null = null,
  index = 0,
): ModelEvent => ({ type: 'chunk', choices: [{ index, delta, finish_reason: finish }] });

export const usageEvent: ModelEvent = { type: 'usage', usage: USAGE };

/** One call's stream; an error in its place is thrown before there is one. */
export type Script = Step[] | Error;

export interface ScriptedModel extends CatalogueModel {
  calls: ModelCall[];
  /** How many streams were cancelled. */
  cancels: number;
  /** For each call whether events in the provider's own words were wanted. */
  raw: boolean[];
}

/** A model whose n-th call follows the n-th script, and the last one for ever after. */
export function scriptedModel(scripts: Script[], more: Partial<CatalogueModel> = {}): ScriptedModel {
  const made: ScriptedModel = {
    id: 'scripted',
    provider: 'test',
    contextWindow: 10_000,
    modalities: ['text'],
    hasTools: true,
    hasJsonSchema: true,
    prices: { prompt: 100, cachedPrompt: 50, completion: 400 },
    timeoutMs: 60_000,
    retries: 0,
    fallbacks: [],
    createdSeconds: 0,
    calls: [],
    cancels: 0,
    raw: [],
    ...more,
    model: {
      complete: () => Promise.reject(new Error('only streamed')),
      async stream(call, { raw }) {
        const script = scripts[Math.min(made.calls.length, scripts.length - 1)] ?? [];
        made.calls.push(call);
        made.raw.push(raw);
        if (script instanceof Error) throw script;
        return streamOf([...script], call.signal, () => {
          made.cancels += 1;
        });
      },
    },
  };
  return made;
}

function streamOf(steps: Step[], signal: AbortSignal, onCancel: () => void): ReadableStream<ModelEvent> {
  return new ReadableStream<ModelEvent>(
    {
      async pull(controller) {
        for (;;) {
          const step = steps.shift();
          if (step === undefined) return controller.close();
          if (step === 'silence') await silence(signal);
          else if (step instanceof Promise) await step;
          else if (step instanceof Error) throw step;
          else return controller.enqueue(step);
        }
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
}

/** Ends only by being given up. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason));
  });
}

export const chatRequest = (more: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'scripted',
  messages: [{ role: 'user', content: 'Hello there' }],
  ...more,
});

/** Finds no file, and may go to public addresses alone. */
export const NO_FILES: PartReader = {
  ownOrigin: 'http://quire',
  targets: { allowPrivate: false },
  readFile: () => Promise.resolve(null),
};

/** A first try, at full price and under no limit. */
export const completionContext = (): CompletionContext => ({
  ...NO_FILES,
  attempt: 1,
  signal: new AbortController().signal,
  discount: 'none',
  limit: null,
});
