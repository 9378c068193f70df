// Chat calls: whole, repeated under one key, at fault, streamed to the end, and left early.
import type { ChatChunk, ChatCompletion, Cost, Usage } from '../../src/contract/chat.ts';
import { eventData } from '../e2e/event-data.ts';
import { nanoDollars } from '../e2e/money.ts';
import { between, oneOf, type Random, sentence } from './choices.ts';
import { Finding, same } from './findings.ts';
import { errorOf, type LoadClient } from './load-client.ts';

/** The sandbox model's catalogue prices, in nano-dollars a token. */
const PROMPT_NANO = 100;
const COMPLETION_NANO = 400;

const PATHS = ['/v1/chat/completions', '/api/v1/chat/completions'] as const;

function request(content: string, more: object = {}) {
  return { model: 'sandbox', messages: [{ role: 'user', content }], ...more };
}

/** What the sandbox model says to a message in English. */
export function echo(text: string): string {
  return `You said: "${text}"`;
}

export async function chat(client: LoadClient, random: Random): Promise<void> {
  const text = sentence(random);
  const answer = await client.send('chat', 'POST', oneOf(random, PATHS), { json: request(text) });
  checkCompletion(client, answer.json(), text, answer.requestId);
}

/** The same request twice under one key: the second answer is the first, and is not charged. */
export async function repeatedChat(client: LoadClient, random: Random): Promise<void> {
  const text = sentence(random);
  const call = {
    json: request(text),
    headers: { 'idempotency-key': `load-${random()}-${text}`.slice(0, 200).replaceAll(' ', '-') },
  };
  const first = await client.send('chat, keyed', 'POST', '/v1/chat/completions', call);
  checkCompletion(client, first.json(), text, first.requestId);
  const second = await client.send('chat, keyed', 'POST', '/v1/chat/completions', call);
  same('chat, keyed: not replayed', second.headers.get('idempotent-replayed'), 'true', second.requestId);
  same('chat, keyed: another answer', second.text(), first.text(), second.requestId);
}

const FAULTS = [
  { text: '@sandbox error=content_policy_violation', type: 'content_policy_violation', status: 400 },
  { text: '@sandbox error=model_error', type: 'model_error', status: 500 },
  { text: '@sandbox error=timeout', type: 'timeout', status: 504 },
  { text: '@sandbox error=nothing', type: 'invalid_request', status: 400 },
] as const;

/** One that has to fail, and in the way that it says. */
export async function faultyChat(client: LoadClient, random: Random): Promise<void> {
  const { text, type, status } = oneOf(random, FAULTS);
  const answer = await client.send('chat, at fault', 'POST', oneOf(random, PATHS), {
    json: request(text),
    expect: status,
  });
  same('chat, at fault: another error', errorOf(answer).type, type, answer.requestId);
}

export async function streamedChat(client: LoadClient, random: Random): Promise<void> {
  const text = sentence(random);
  const content = random() < 0.3 ? `${text}\n@sandbox chunk_delay=${between(random, 1, 20)}ms` : text;
  const json = request(content, { stream: true, stream_options: { include_usage: true } });
  const answer = await client.send('chat, streamed', 'POST', oneOf(random, PATHS), { json });
  const data = eventData(answer.text());
  same('chat, streamed: no end', data.at(-1), '[DONE]', answer.requestId);
  const chunks = data.slice(0, -1).map((one): ChatChunk => JSON.parse(one));
  const said = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  same('chat, streamed: another answer', said, echo(text), answer.requestId);
  const last = chunks.at(-1);
  same('chat, streamed: usage not in the last chunk', last?.choices.length, 0, answer.requestId);
  pay(client, 'chat, streamed', { usage: last?.usage ?? null, cost: last?.cost ?? null }, answer.requestId);
}

/** Reads a little and goes. What it is charged only the server's log says. */
export async function leftChat(client: LoadClient, random: Random): Promise<void> {
  const kind = 'chat, left early';
  const leave = new AbortController();
  const content = `${sentence(random)}\n@sandbox chunk_delay=${between(random, 20, 60)}ms`;
  const ended = (costUsd: number | null) => {
    if (costUsd === null) return;
    client.spent.nano += nanoDollars(costUsd);
    client.spent.requests += 1;
  };
  const json = request(content, { stream: true });
  const startedAt = performance.now();
  const { response, requestId } = await client.open(
    kind,
    'POST',
    '/v1/chat/completions',
    { json },
    { signal: leave.signal, ended },
  );
  client.count(kind, response.status, performance.now() - startedAt);
  if (!response.ok || response.body === null) {
    throw new Finding(`${kind}: ${response.status}`, `${requestId}: ${await response.text()}`);
  }
  const reader = response.body.getReader();
  for (let chunk = between(random, 1, 5); chunk > 0; chunk--) await reader.read();
  leave.abort();
  await reader.cancel().catch(() => undefined);
}

function checkCompletion(client: LoadClient, completion: ChatCompletion, text: string, about: string): void {
  const [choice] = completion.choices;
  same('chat: another answer', choice?.message.content, echo(text), about);
  same('chat: another end', choice?.finish_reason, 'stop', about);
  pay(client, 'chat', completion, about);
}

function pay(
  client: LoadClient,
  kind: string,
  { usage, cost }: { usage?: Usage | null; cost: Cost | null },
  about: string,
): void {
  checkPrice(kind, usage ?? null, cost, 1, about);
  client.pay(kind, cost, about);
}

/** Tokens add up, and cost what they cost. @param share of the price of a request made alone */
export function checkPrice(
  kind: string,
  usage: Usage | null,
  cost: Cost | null,
  share: number,
  about: string,
): void {
  if (usage === null || cost === null) throw new Finding(`${kind}: no usage or cost`, about);
  same(
    `${kind}: tokens do not add up`,
    usage.total_tokens,
    usage.prompt_tokens + usage.completion_tokens,
    about,
  );
  same(
    `${kind}: another price of the prompt`,
    nanoDollars(cost.prompt_cost),
    usage.prompt_tokens * PROMPT_NANO * share,
    about,
  );
  same(
    `${kind}: another price of the answer`,
    nanoDollars(cost.completion_cost),
    usage.completion_tokens * COMPLETION_NANO * share,
    about,
  );
}
