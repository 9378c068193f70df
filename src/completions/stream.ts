// One streamed chat completion: the model's chunks go to the client as they come, and what was used is settled at the end.
import { type CostNano, costResponse } from '../accounts/ledger';
import {
  type ChatChunk,
  type ChatRequest,
  type ChunkChoice,
  NO_USAGE,
  type Usage,
  usageFrom,
} from '../contract/chat';
import { ApiError, type ErrorBody } from '../contract/errors';
import type { CatalogueModel } from '../models/catalogue';
import type { ModelEvent } from '../models/model';
import { type CompletionContext, newCompletionId } from './complete';
import { withinCost } from './cost-limit';
import { evidence, formatInstruction } from './enforce';
import { prepare } from './prepare';
import { costOf } from './pricing';
import { askInTurn, candidates, withTimeout } from './reliable-call';
import { StreamCollector } from './stream-collector';
import { findViolation, mustBeChecked, violationError } from './violations';

/** Where the runtime does not tell, only writing shows that a client left: through the local proxy, the second write. */
const HEARTBEAT_MS = 400;

const ENCODER = new TextEncoder();
const HEARTBEAT = ENCODER.encode(': keep-alive\n\n');

export interface StreamContext extends CompletionContext {
  /** An error as the client reads it, inside the stream. */
  describe: (error: ApiError) => ErrorBody;
}

/** What a stream used, when it has ended in whatever way. */
interface StreamSpend {
  model: string;
  usage: Usage;
  costNano: CostNano | null;
}

export interface StreamedChat {
  /** Server-sent events, to their end. Cancelling it ends the provider's work. */
  body: ReadableStream<Uint8Array>;
  spent: Promise<StreamSpend>;
}

/**
 * Opens the stream: what fails before the model's first event is thrown, later failures are an `error` event.
 *
 * @throws ApiError of any type of the taxonomy
 */
export async function streamChat(request: ChatRequest, context: StreamContext): Promise<StreamedChat> {
  const prepared = await prepare(request, context);
  const abort = new AbortController();
  const signal = AbortSignal.any([context.signal, abort.signal]);
  const raw = !mustBeChecked(request);
  const { answer, model } = await askInTurn(candidates(request, prepared), signal, (candidate) =>
    openStream(candidate, signal, async (limited) => {
      const instruction = candidate.hasJsonSchema ? [] : formatInstruction(request);
      const messages = [...instruction, ...prepared.messages];
      const { discount, limit } = context;
      const bounded = withinCost(request, messages, NO_USAGE, { model: candidate, discount, limit });
      return candidate.model.stream(
        { request: bounded, messages, attempt: context.attempt, signal: limited },
        { raw },
      );
    }),
  );
  const stream = new ChatStream(request, model, prepared.promptTokens, context, answer, abort);
  return { body: stream.body(), spent: stream.spent };
}

/** A stream whose first event has come, which is what may still be tried elsewhere. */
interface OpenedStream {
  first: ReadableStreamReadResult<ModelEvent>;
  reader: ReadableStreamDefaultReader<ModelEvent>;
}

function openStream(
  model: CatalogueModel,
  signal: AbortSignal,
  open: (signal: AbortSignal) => Promise<ReadableStream<ModelEvent>>,
): Promise<OpenedStream> {
  return withTimeout(model, signal, async (limited) => {
    const reader = (await open(limited)).getReader();
    return { reader, first: await reader.read() };
  });
}

class ChatStream {
  readonly spent: Promise<StreamSpend>;
  readonly #request: ChatRequest;
  readonly #model: CatalogueModel;
  readonly #context: StreamContext;
  readonly #reader: ReadableStreamDefaultReader<ModelEvent>;
  readonly #abort: AbortController;
  readonly #collector = new StreamCollector();
  /** In an answer that is checked, the chunk in which a choice ends: it waits until all of them were found right. */
  #held: ChunkChoice[] | null = null;
  readonly #promptTokens: number;
  readonly #settle: (spend: StreamSpend) => void;
  #next: Promise<ReadableStreamReadResult<ModelEvent>>;
  #head = { id: newCompletionId(), created: Math.floor(Date.now() / 1000) };
  #usage: Usage | null = null;
  /** Chunks so far: about as many tokens, for an answer that ends before its usage is told. */
  #chunks = 0;
  #silentMs = 0;

  constructor(
    request: ChatRequest,
    model: CatalogueModel,
    promptTokens: number,
    context: StreamContext,
    { first, reader }: OpenedStream,
    abort: AbortController,
  ) {
    this.#request = request;
    this.#model = model;
    this.#promptTokens = promptTokens;
    this.#context = context;
    this.#reader = reader;
    this.#abort = abort;
    this.#next = Promise.resolve(first);
    const { promise, resolve } = Promise.withResolvers<StreamSpend>();
    this.spent = promise;
    this.#settle = resolve;
  }

  body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#stop(),
      },
      { highWaterMark: 0 },
    );
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      for (;;) {
        const result = await this.#read();
        if (result === 'silence') {
          controller.enqueue(HEARTBEAT);
          return;
        }
        if (result.done) break;
        const text = this.#textOf(result.value);
        if (text === '') continue;
        controller.enqueue(ENCODER.encode(text));
        return;
      }
      controller.enqueue(ENCODER.encode(await this.#ending()));
    } catch (thrown) {
      const error = thrown instanceof ApiError ? thrown : new ApiError('model_error', { cause: thrown });
      this.#abort.abort();
      const body = this.#context.describe(error);
      controller.enqueue(ENCODER.encode(`data: ${JSON.stringify({ error: body })}\n\n`));
    }
    controller.close();
    this.#settleNow();
  }

  /** The next event; `silence` after a while without one, and an error after too long. */
  async #read(): Promise<ReadableStreamReadResult<ModelEvent> | 'silence'> {
    const silence = Promise.withResolvers<'silence'>();
    const waitMs = Math.min(HEARTBEAT_MS, this.#model.timeoutMs - this.#silentMs);
    const timer = setTimeout(() => silence.resolve('silence'), waitMs);
    try {
      const result = await Promise.race([this.#next, silence.promise]);
      if (result === 'silence') {
        this.#silentMs += waitMs;
        if (this.#silentMs >= this.#model.timeoutMs) throw new ApiError('timeout');
        return result;
      }
      this.#silentMs = 0;
      if (!result.done) this.#next = this.#reader.read();
      // Whoever awaits it learns of a failure; until then it is not an unhandled one.
      this.#next.catch(() => undefined);
      return result;
    } finally {
      clearTimeout(timer);
    }
  }

  #textOf(event: ModelEvent): string {
    switch (event.type) {
      case 'head':
        this.#head = { id: event.id, created: event.createdSeconds };
        return '';
      case 'raw':
        this.#chunks += event.chunks;
        return this.#includesUsage ? withUsageMember(event.text) : event.text;
      case 'chunk':
        this.#chunks += 1;
        return mustBeChecked(this.#request) ? this.#checked(event.choices) : this.#piece(event.choices);
      case 'usage':
        this.#usage = event.usage;
        return '';
    }
  }

  #checked(choices: ChunkChoice[]): string {
    this.#collector.add(choices);
    const before = this.#held === null ? '' : this.#piece(this.#held);
    this.#held = choices.some((choice) => choice.finish_reason) ? choices : null;
    return this.#held === null ? before + this.#piece(choices) : before;
  }

  /** What is left to say: the last chunk with what was found, and the end; or what is wrong with the answer. */
  async #ending(): Promise<string> {
    const { choices } = this.#collector;
    const violation = await findViolation(choices, this.#request);
    if (violation !== null) throw violationError(violation);
    const structuredOutput = evidence(this.#model.hasJsonSchema, this.#request, choices, 1);
    const found = structuredOutput && { structured_output: structuredOutput };
    const held = this.#held === null ? '' : this.#piece(this.#held, this.#includesUsage ? null : found);
    const { usage, costNano } = this.#spend();
    const last = this.#includesUsage
      ? this.#chunk({ choices: [], usage, cost: costNano && costResponse(costNano), ...found })
      : '';
    return `${held}${last}data: [DONE]\n\n`;
  }

  #piece(choices: ChunkChoice[], more: Pick<ChatChunk, 'structured_output'> | null = null): string {
    return this.#chunk({ choices, ...(this.#includesUsage && { usage: null }), ...more });
  }

  #chunk(members: Pick<ChatChunk, 'choices' | 'usage' | 'cost' | 'structured_output'>): string {
    const { id, created } = this.#head;
    const chunk = {
      id,
      object: 'chat.completion.chunk',
      created,
      model: this.#model.id,
      ...members,
    } satisfies ChatChunk;
    return `data: ${JSON.stringify(chunk)}\n\n`;
  }

  get #includesUsage(): boolean {
    return this.#request.stream_options?.include_usage === true;
  }

  /** The client went away: the provider stops, and what was generated so far is charged. */
  async #stop(): Promise<void> {
    this.#abort.abort();
    await this.#reader.cancel().catch(() => undefined);
    this.#settleNow();
  }

  #settleNow(): void {
    this.#settle(this.#spend());
  }

  #spend(): StreamSpend {
    const usage = this.#usage ?? this.#usageSoFar();
    return {
      model: this.#model.id,
      usage,
      costNano: costOf(usage, this.#model.prices, this.#context.discount),
    };
  }

  #usageSoFar(): Usage {
    return usageFrom({ prompt: this.#promptTokens, completion: this.#chunks });
  }
}

/** The usage is still to come, which not every upstream says on each chunk. Inside strings, quotes are escaped. */
function withUsageMember(text: string): string {
  return text.includes('"usage":') ? text : text.replaceAll('}\n\n', ',"usage":null}\n\n');
}
