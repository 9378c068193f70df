// Any OpenAI-compatible API: the request goes out as it came in, but for its model and its parts, and the answer comes back so.
import type { ChatChoice } from '../../contract/chat';
import { LateBase64 } from '../../platform/late-base64';
import type { ChatModel, ModelAnswer, ModelCall, ModelEvent, ModelStreamOptions } from '../model';
import type { Upstream } from '../provider';
import { providerError } from '../provider-error';
import { providerFetch } from '../provider-fetch';
import { embeddedError, statusError } from './openai-error';
import { finishReasonOf } from './openai-finish-reason';
import { openaiRequest } from './openai-request';
import { eventStream } from './openai-stream';
import { type OpenaiUsage, usageOf } from './openai-usage';

/** What we read of an answer: loose, since every upstream adds something. */
interface OpenaiAnswer {
  choices?: OpenaiChoice[];
  usage?: OpenaiUsage | null;
  system_fingerprint?: string | null;
  error?: unknown;
}

type OpenaiChoice = Omit<ChatChoice, 'finish_reason'> & { finish_reason?: string | null; error?: unknown };

export function connectOpenai(upstream: Upstream): ChatModel {
  return {
    async complete(call: ModelCall): Promise<ModelAnswer> {
      const response = await post(upstream, call, false);
      const answer = await readAnswer(upstream, response);
      const { choices } = answer;
      if (answer.error || !choices?.length || !choices.every(isChoice)) throw embeddedError(upstream, answer);
      const completed = choices.map((choice) => completeChoice(upstream, choice));
      return {
        choices: completed,
        usage: usageOf(answer.usage ?? null, call, completed),
        ...(answer.system_fingerprint && { systemFingerprint: answer.system_fingerprint }),
      };
    },

    async stream(call: ModelCall, options: ModelStreamOptions): Promise<AsyncIterable<ModelEvent>> {
      const response = await post(upstream, call, true);
      const type = response.headers.get('content-type') ?? '';
      // Some upstreams answer an error with 200 and JSON.
      if (response.body === null || type.includes('application/json')) {
        throw embeddedError(upstream, await readAnswer(upstream, response));
      }
      return eventStream(upstream, options, response.body, call.signal);
    },
  };
}

async function post(upstream: Upstream, call: ModelCall, stream: boolean): Promise<Response> {
  const { provider, key } = upstream;
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (key !== null) headers.Authorization = `Bearer ${key}`;
  const late = new LateBase64();
  const request = openaiRequest(upstream, call, stream, (bytes) => late.standIn(bytes));
  let response: Response;
  try {
    response = await providerFetch(`${provider.baseUrl ?? 'https://api.openai.com/v1'}/chat/completions`, {
      method: 'POST',
      headers,
      body: late.body(JSON.stringify(request)),
      signal: call.signal,
    });
  } catch (cause) {
    if (call.signal.aborted) throw cause;
    throw providerError({ provider, status: null, message: 'the connection failed', key, cause });
  }
  if (response.ok) return response;
  throw await statusError(upstream, response);
}

async function readAnswer({ provider, key }: Upstream, response: Response): Promise<OpenaiAnswer> {
  try {
    const answer: unknown = await response.json();
    if (typeof answer === 'object' && answer !== null) return answer;
  } catch (cause) {
    throw providerError({
      provider,
      status: null,
      message: 'the answer is not JSON or was cut off',
      key,
      cause,
    });
  }
  throw providerError({ provider, status: null, message: 'the answer is not a JSON object', key });
}

function isChoice(choice: OpenaiChoice | null): boolean {
  return typeof choice?.message === 'object' && choice.message !== null;
}

/** What our contract promises on every choice, also where an upstream leaves it out or fills it with nothing. */
function completeChoice(upstream: Upstream, { error, ...choice }: OpenaiChoice): ChatChoice {
  const { tool_calls: toolCalls, ...said } = choice.message;
  const hasCalls = Boolean(toolCalls?.length);
  const message = {
    ...said,
    content: said.content ?? null,
    refusal: said.refusal || null,
    ...(toolCalls?.length && { tool_calls: toolCalls }),
  };
  const reason = choice.finish_reason;
  return {
    ...choice,
    message,
    finish_reason: reason ? finishReasonOf(upstream, reason, { hasCalls, error }) : 'stop',
  };
}
