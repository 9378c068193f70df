// POST /chat/completions, the same handler on both surfaces: complete or stream, and settle off the client's path.
import { Hono } from 'hono';
import type { LedgerEntry } from '../../accounts/ledger';
import { type CompletionContext, completeChat } from '../../completions/complete';
import { streamChat } from '../../completions/stream';
import { type ChatCompletion, type ChatRequest, chatRequest } from '../../contract/chat';
import type { ApiError } from '../../contract/errors';
import { CHAT_BODY_LIMIT_BYTES } from '../../contract/limits';
import { errorBody } from '../../contract/messages/render';
import { readFileBytes } from '../../files/file-store';
import { EVENT_STREAM_HEADERS } from '../../platform/server-sent-events';
import { type AppContext, type AppEnv, originOf } from '../context';
import { runOnce } from '../idempotency';
import { timed } from '../server-timing';
import { jsonBody } from '../validate';

export const chatRoutes = new Hono<AppEnv>().post(
  '/chat/completions',
  jsonBody(chatRequest, CHAT_BODY_LIMIT_BYTES),
  (c) => {
    const request = c.req.valid('json');
    if (request.stream) return stream(c, request);
    return runOnce(c, {
      makes: null,
      make: () => complete(c, request),
      answer: (completion) => c.json(completion),
    });
  },
);

async function complete(c: AppContext, request: ChatRequest): Promise<ChatCompletion> {
  const { completion, costNano } = await timed(c, 'model', () => completeChat(request, contextOf(c)));
  const { model, usage } = completion;
  c.executionCtx.waitUntil(settle(c, { model, usage, costNano }));
  return completion;
}

async function stream(c: AppContext, request: ChatRequest): Promise<Response> {
  const { requestId, locale } = c.var;
  const context = {
    ...contextOf(c),
    describe: (error: ApiError) => {
      c.set('errorType', error.type);
      return errorBody(error, locale, requestId);
    },
  };
  const { body, spent } = await timed(c, 'model', () => streamChat(request, context));
  const settled = spent.then((spend) => settle(c, spend));
  c.executionCtx.waitUntil(settled);
  c.set('ended', settled);
  return new Response(body, { headers: EVENT_STREAM_HEADERS });
}

function contextOf(c: AppContext): CompletionContext {
  const { accountId } = c.var;
  return {
    ownOrigin: originOf(c),
    targets: { allowPrivate: c.env.ALLOW_PRIVATE_NETWORK === 'true' },
    readFile: (id, limitBytes) => readFileBytes(c.env, accountId, id, limitBytes),
    attempt: attemptOf(c),
    signal: c.req.raw.signal,
    discount: 'none',
    limit: null,
  };
}

async function settle(
  c: AppContext,
  spend: Pick<LedgerEntry, 'model' | 'usage' | 'costNano'>,
): Promise<void> {
  const { accountId, keyId } = c.var;
  const { model, usage, costNano } = spend;
  c.set('spend', {
    model,
    tokens: usage.total_tokens,
    costNano: costNano && costNano.prompt + costNano.completion,
  });
  const day = new Date().toISOString().slice(0, 10);
  await c.env.ACCOUNTS.getByName(accountId).settle({ day, keyId, ...spend });
}

/** Which try of one logical request this is: the official SDKs count theirs in a header. */
function attemptOf(c: AppContext): number {
  const retries = Number(c.req.header('x-stainless-retry-count') ?? 0);
  return Number.isInteger(retries) && retries >= 0 ? retries + 1 : 1;
}
