// Workers AI through its binding: no key, no network hop of ours. Both generations of its models are one to us.
// Known gap: AI Gateway is not used; a deployment that wants it adds the gateway as an OpenAI-compatible provider.
import { env } from 'cloudflare:workers';
import type { ChatModel, ModelAnswer, ModelCall, ModelEvent } from '../model';
import type { ConnectModel, Upstream } from '../provider';
import { answerOf, eventsOfAnswer } from './workers-ai-answer';
import { runError } from './workers-ai-error';
import { workersAiInputs } from './workers-ai-request';
import { workersAiEvents } from './workers-ai-stream';

/** What is used of the `AI` binding. Its own type knows each model's inputs, ours come from the catalogue. */
interface WorkersAi {
  run(model: string, inputs: Record<string, unknown>, options: { signal: AbortSignal }): Promise<unknown>;
}

/** Only called where the deployment binds `AI`: without it the catalogue counts these models as unusable. */
export const connectWorkersAi: ConnectModel = (upstream) =>
  workersAiModel(upstream, env.AI as unknown as WorkersAi);

export function workersAiModel(upstream: Upstream, ai: WorkersAi): ChatModel {
  return {
    async complete(call: ModelCall): Promise<ModelAnswer> {
      return answerOf(upstream, call, await run(upstream, ai, call, false));
    },

    async stream(call: ModelCall): Promise<AsyncIterable<ModelEvent>> {
      const output = await run(upstream, ai, call, true);
      // Models that cannot stream answer at once all the same.
      if (!(output instanceof ReadableStream)) return eventsOfAnswer(answerOf(upstream, call, output));
      return workersAiEvents(upstream, call, output as ReadableStream<Uint8Array>);
    },
  };
}

async function run(upstream: Upstream, ai: WorkersAi, call: ModelCall, stream: boolean): Promise<unknown> {
  try {
    return await ai.run(upstream.model, workersAiInputs(upstream, call, stream), { signal: call.signal });
  } catch (error) {
    throw call.signal.aborted ? error : runError(upstream, error);
  }
}
