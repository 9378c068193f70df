// POST /chat/completions, the same handler on both surfaces: complete, answer, settle off the client's path.
import { Hono } from 'hono';
import { completeChat } from '../../completions/complete';
import { chatRequest } from '../../contract/chat';
import { CHAT_BODY_LIMIT_BYTES } from '../../contract/limits';
import { readFileBytes } from '../../files/file-store';
import { type AppContext, type AppEnv, originOf } from '../context';
import { jsonBody } from '../validate';

export const chatRoutes = new Hono<AppEnv>().post(
  '/chat/completions',
  jsonBody(chatRequest, CHAT_BODY_LIMIT_BYTES),
  async (c) => {
    const request = c.req.valid('json');
    const { accountId, keyId } = c.var;
    const { completion, costNano } = await completeChat(request, {
      ownOrigin: originOf(c),
      readFile: (id, limitBytes) => readFileBytes(c.env, accountId, id, limitBytes),
      attempt: attemptOf(c),
      signal: c.req.raw.signal,
      discount: 'none',
      limit: null,
    });
    const day = new Date().toISOString().slice(0, 10);
    c.executionCtx.waitUntil(
      c.env.ACCOUNTS.getByName(accountId).settle({
        day,
        model: completion.model,
        keyId,
        usage: completion.usage,
        costNano,
      }),
    );
    return c.json(completion);
  },
);

/** Which try of one logical request this is: the official SDKs count theirs in a header. */
function attemptOf(c: AppContext): number {
  const retries = Number(c.req.header('x-stainless-retry-count') ?? 0);
  return Number.isInteger(retries) && retries >= 0 ? retries + 1 : 1;
}
