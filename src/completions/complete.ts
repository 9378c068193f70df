// One chat completion from a checked request to the answer a client gets: the same for a request and a batch item.
import { type CostNano, costResponse } from '../accounts/ledger';
import type { ChatCompletion, ChatRequest } from '../contract/chat';
import { randomBase62 } from '../contract/ids';
import type { PartReader } from './content-parts';
import { type CostLimit, withinCost } from './cost-limit';
import { completeEnforced } from './enforce';
import { prepare } from './prepare';
import { costOf, type Discount } from './pricing';
import { askInTurn, callModel, candidates } from './reliable-call';

export interface CompletionContext extends PartReader {
  /** 1 for the first try of this request, counted by whoever retries. */
  attempt: number;
  /** Aborts the model's work. */
  signal: AbortSignal;
  discount: Discount;
  /** The most it may cost; null for no limit of its own. */
  limit: CostLimit | null;
}

export interface Completed {
  completion: ChatCompletion;
  /** What the ledger books: the same amount as `completion.cost`. */
  costNano: CostNano | null;
}

/**
 * Checks, resolves, asks, enforces and prices.
 *
 * @throws ApiError of any type of the taxonomy; CostLimitError where `limit` is too little
 */
export async function completeChat(request: ChatRequest, context: CompletionContext): Promise<Completed> {
  const { attempt, signal, discount, limit } = context;
  const prepared = await prepare(request, context);
  const { answer, model } = await askInTurn(candidates(request, prepared), signal, (candidate) =>
    completeEnforced(
      {
        hasJsonSchema: candidate.hasJsonSchema,
        complete: (call) =>
          callModel(candidate, signal, (limited) => candidate.model.complete({ ...call, signal: limited })),
      },
      { request, messages: prepared.messages, attempt, signal },
      (sent, used) => withinCost(request, sent, used, { model: candidate, discount, limit }),
    ),
  );
  const costNano = costOf(answer.usage, model.prices, discount);
  return {
    completion: {
      id: newCompletionId(),
      object: 'chat.completion',
      created: Math.floor(Date.now() / 1000),
      model: model.id,
      choices: answer.choices,
      usage: answer.usage,
      cost: costNano && costResponse(costNano),
      ...(answer.structuredOutput && { structured_output: answer.structuredOutput }),
      ...(answer.systemFingerprint && { system_fingerprint: answer.systemFingerprint }),
    },
    costNano,
  };
}

export function newCompletionId(): string {
  return `chatcmpl-${randomBase62(24)}`;
}
