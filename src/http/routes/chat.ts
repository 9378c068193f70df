// POST /chat/completions, the same handler on both surfaces: admit, complete or stream, and settle off the client's path.
import { Hono } from 'hono';
import { lineTo } from '../../accounts/account-line';
import type { Wanted } from '../../accounts/admission';
import type { Settlement } from '../../accounts/exchange';
import { dayOf } from '../../accounts/ledger';
import { RESERVATION_MS } from '../../accounts/reservations';
import { type CompletionContext, completeChat } from '../../completions/complete';
import { CostLimitError } from '../../completions/cost-limit';
import { sizeOf } from '../../completions/estimate';
import { unknownModel } from '../../completions/prepare';
import { streamChat } from '../../completions/stream';
import { type ChatCompletion, type ChatRequest, chatRequest } from '../../contract/chat';
import type { ApiError } from '../../contract/errors';
import { CHAT_BODY_LIMIT_BYTES } from '../../contract/limits';
import { errorBody } from '../../contract/messages/render';
import { readFileBytes } from '../../files/file-store';
import { findModel } from '../../models/catalogue';
import { EVENT_STREAM_HEADERS } from '../../platform/server-sent-events';
import { targetPolicy } from '../../platform/target-policy';
import { admitRequest, authenticatedLate } from '../authenticate';
import { type Admission, type AppContext, type AppEnv, callerOf, originOf } from '../context';
import { runOnce } from '../idempotency';
import { budgetError } from '../refusal';
import { timed } from '../server-timing';
import { jsonBody } from '../validate';

/** Said three times before a reservation would be over. */
const KEEP_INTERVAL_MS = RESERVATION_MS / 3;

type Spend = Pick<NonNullable<Settlement['spend']>, 'model' | 'usage' | 'costNano'>;

export const chatRoutes = new Hono<AppEnv>().post(
  '/chat/completions',
  authenticatedLate,
  jsonBody(chatRequest, CHAT_BODY_LIMIT_BYTES),
  async (c) => {
    const request = c.req.valid('json');
    if (request.stream) return stream(c, request, await admitRequest(c, wantedBy(request)));
    // A repeat gets its answer whatever is left of tokens and money: only what runs asks for them, in a second call.
    const isRepeatable = c.req.header('idempotency-key') !== undefined;
    if (isRepeatable) await admitRequest(c);
    return runOnce(c, {
      makes: null,
      make: async () => {
        const wanted = { ...wantedBy(request), ...(isRepeatable && { requests: 0 as const }) };
        return complete(c, request, await admitRequest(c, wanted));
      },
      answer: (completion) => c.json(completion),
    });
  },
);

/** @throws ApiError `not_found` for an unknown model */
function wantedBy(request: ChatRequest): Pick<Wanted, 'tokens' | 'price'> {
  const model = findModel(request.model);
  if (model === null) throw unknownModel(request.model);
  return sizeOf(request, model);
}

async function complete(c: AppContext, request: ChatRequest, admission: Admission): Promise<ChatCompletion> {
  const completed = timed(c, 'model', () =>
    withinGrant(admission, completeChat(request, contextOf(c, admission))),
  );
  const spent = completed.then(({ completion: { model, usage }, costNano }) => ({ model, usage, costNano }));
  c.executionCtx.waitUntil(settleAfter(c, admission, spent));
  return (await completed).completion;
}

async function stream(c: AppContext, request: ChatRequest, admission: Admission): Promise<Response> {
  const { requestId, locale } = c.var;
  const context = {
    ...contextOf(c, admission),
    describe: (error: ApiError) => {
      c.set('errorType', error.type);
      return errorBody(error, locale, requestId);
    },
  };
  const opened = timed(c, 'model', () => withinGrant(admission, streamChat(request, context)));
  const spent = opened.then((streamed) => streamed.spent);
  const settled = settleAfter(c, admission, spent);
  c.executionCtx.waitUntil(settled);
  const { body } = await opened;
  c.set('ended', settled);
  return new Response(body, { headers: EVENT_STREAM_HEADERS });
}

function contextOf(c: AppContext, { grant }: Admission): CompletionContext {
  const { accountId } = c.var;
  return {
    ownOrigin: originOf(c),
    targets: targetPolicy(c.env),
    readFile: (id, limitBytes) => readFileBytes(c.env, accountId, id, limitBytes),
    attempt: attemptOf(c),
    signal: c.req.raw.signal,
    discount: 'none',
    limit: grant && { nano: grant.nano, mayCut: true },
  };
}

/** What was reserved did not reach: parts were longer than they looked, or repairs too many for what is left. */
function withinGrant<T>({ grant }: Admission, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof CostLimitError
      ? budgetError(grant ?? { short: 'reserved', holder: 'account' })
      : error;
  });
}

/** Tells the account what was used once it is known, also when the client has left by then. Never throws. */
async function settleAfter(c: AppContext, admission: Admission, spent: Promise<Spend>): Promise<void> {
  const { accountId } = c.var;
  const { id, keyId, grant, tokensAt, tokens: taken } = admission;
  const line = lineTo(accountId);
  const timer = grant && setInterval(() => line.keep(callerOf(c), id), KEEP_INTERVAL_MS);
  const spend = await spent.catch(() => null);
  if (timer !== null) clearInterval(timer);
  if (spend !== null) {
    const { model, usage, costNano } = spend;
    const total = costNano && costNano.prompt + costNano.completion;
    c.set('spend', { model, tokens: usage.total_tokens, costNano: total });
  }
  if (spend === null && grant === null && tokensAt === null) return;
  const used = spend?.usage.total_tokens ?? 0;
  line.settle(callerOf(c), {
    id,
    keyId,
    spend: spend && { day: dayOf(Date.now()), ...spend },
    tokens: tokensAt === null ? null : { at: tokensAt, taken, used },
  });
}

/** Which try of one logical request this is: the official SDKs count theirs in a header. */
function attemptOf(c: AppContext): number {
  const retries = Number(c.req.header('x-stainless-retry-count') ?? 0);
  return Number.isInteger(retries) && retries >= 0 ? retries + 1 : 1;
}
