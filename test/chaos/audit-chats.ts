// The audit of chats, whole and streamed: each has the right answer, and is charged what its answer says, once.
import type { Usage } from '../../src/contract/chat.ts';
import type { ErrorType } from '../../src/contract/errors.ts';
import { nanoDollars } from '../e2e/money.ts';
import type { ChaosProvider } from './chaos-provider.ts';
import { costNano, expectedAnswer } from './expected-answers.ts';
import type { Findings } from './findings.ts';
import type { StreamedChat } from './streamed-chat.ts';
import type { ChatRecord, Tenant } from './tenant.ts';

/** What became of the chats that were exposed: told, since a crash may lose their booking, or repeat that of whole ones. */
export interface ExposedChats {
  exposed: number;
  booked: number;
  unbooked: number;
  bookedTwice: number;
}

/** What a key was charged. */
export interface Booked {
  requests: number;
  nano: number;
  usage: Usage;
}

/** What a provider that fails amid its answer can come to. */
const STREAM_ERRORS: ReadonlySet<string> = new Set<ErrorType>(['model_error', 'timeout']);

export function auditChat(
  { name }: Tenant,
  chat: ChatRecord,
  booked: Booked,
  exposed: ExposedChats,
  provider: ChaosProvider,
  findings: Findings,
): void {
  const told = () =>
    `${name} ${chat.keyId}: ${chat.status}, ${chat.stream?.end ?? 'not streamed'}, booked ${booked.requests} for ${booked.nano}`;
  const { isRefused, promptTokens, completionTokens } = expectedAnswer(chat.prompt);
  const isRight = chat.status === 200 ? !isRefused : isRefused || chat.status === 429;
  findings.holds('chats with the right answer', isRight, 'unaccounted', told);
  if (chat.stream !== null) auditStream(chat, chat.stream, provider, told, findings);
  // Under a budget the answer may be cut to what is left.
  const tokens = { prompt_tokens: promptTokens, completion_tokens: completionTokens };
  const isDear = chat.costNano !== null && chat.costNano > costNano(chat.model, tokens, 1);
  findings.holds('chats at their price', !isDear, 'unaccounted', told);
  // One that was refused has nothing on its way, unless it ran before.
  if (chat.isExposed && (chat.status === 200 || booked.requests > 0)) {
    exposed.exposed += 1;
    if (booked.requests === 1) exposed.booked += 1;
    if (booked.requests === 0) exposed.unbooked += 1;
    if (booked.requests > 1) exposed.bookedTwice += 1;
    if (chat.stream !== null) auditExposedStream(chat, booked, told, findings);
    return;
  }
  const owed = chat.status === 200 ? 1 : 0;
  findings.checked('chats charged once');
  if (booked.requests < owed) findings.fault('chats charged once', 'lost', told());
  else if (booked.requests > owed) findings.fault('chats charged once', 'duplicated', told());
  else if (booked.nano !== owedNano(chat, booked))
    findings.fault('chats charged once', 'unaccounted', told());
}

function auditStream(
  chat: ChatRecord,
  stream: StreamedChat,
  provider: ChaosProvider,
  told: () => string,
  findings: Findings,
): void {
  const { text } = expectedAnswer(chat.prompt);
  const isText = stream.end === 'whole' ? stream.text === text : text.startsWith(stream.text);
  findings.holds('streamed chats word for word', isText, 'unaccounted', () => `${told()}: ${stream.text}`);
  const fault = faultOf(chat, stream, provider);
  findings.holds(
    'streamed chats that end as they must',
    fault === null,
    'unaccounted',
    () => `${told()}: ${fault}`,
  );
}

/** What is wrong with a stream beside its text; null for nothing. */
function faultOf(chat: ChatRecord, stream: StreamedChat, provider: ChaosProvider): string | null {
  const { end, fault, usage, cost, error, finishReason } = stream;
  if (fault !== null) return fault;
  switch (end) {
    case 'cut':
      return chat.isExposed ? null : 'cut off, though nothing was killed';
    case 'error': {
      const failures = provider.failures.get(chat.prompt) ?? 0;
      if (error?.request_id !== chat.requestId) return `an error of the request ${error?.request_id}`;
      if (error?.message && STREAM_ERRORS.has(error.type) && failures > 0) return null;
      return `${error?.type} after ${failures} failures of the provider: ${error?.message}`;
    }
    case 'whole': {
      const { promptTokens, completionTokens } = expectedAnswer(chat.prompt);
      if (usage === null || cost === null) return 'no usage or cost';
      const isAll = usage.completion_tokens === completionTokens;
      if (usage.prompt_tokens !== promptTokens) return `${usage.prompt_tokens} tokens of prompt`;
      if (finishReason === 'stop' ? !isAll : usage.completion_tokens > completionTokens) {
        return `${usage.completion_tokens} tokens of answer`;
      }
      return nanoDollars(cost.total_cost) === costNano(chat.model, usage, 1)
        ? null
        : `costs ${cost.total_cost}`;
    }
  }
}

/** A stream runs once, since nothing repeats it: it is booked never or once, and where it came to its end, for what it said. */
function auditExposedStream(chat: ChatRecord, booked: Booked, told: () => string, findings: Findings): void {
  const row = 'streamed chats at risk, booked at most once';
  findings.checked(row);
  if (booked.requests > 1) findings.fault(row, 'duplicated', told());
  if (booked.requests === 1 && chat.stream?.end === 'whole' && booked.nano !== chat.costNano) {
    findings.fault(row, 'unaccounted', told());
  }
}

/** What a client is told that it costs. Of a stream that fails half-way it is told nothing: it pays for the pieces that came. */
function owedNano({ stream, model, costNano: told }: ChatRecord, { usage }: Booked): number {
  if (stream?.end !== 'error') return told ?? 0;
  return usage.completion_tokens === stream.pieces ? costNano(model, usage, 1) : Number.NaN;
}
