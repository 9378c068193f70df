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
import { KEEP_ALIVE } from '../platform/server-sent-events';
import { type CompletionContext, newCompletionId } from './complete';
import { withinCost } from './cost-limit';
import { evidence, formatInstruction } from './enforce';
import { prepare } from './prepare';
import { costOf } from './pricing';
import { askInTurn, callModel, candidates } from './reliable-call';
import { StreamCollector } from './stream-collector';
import { findViolation, mustBeChecked, violationError } from './violations';

/** How often it is looked whether the model is silent: one timer a stream, since one a chunk costs more than the chunk. */
const TICK_MS = 200;

/** Where the runtime does not tell, only writing shows that a client left: through the local proxy, the second write. */
const HEARTBEAT_MS = 400;

const ENCODER = new TextEncoder();

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
  first: IteratorResult<ModelEvent, unknown>;
  events: AsyncIterator<ModelEvent, unknown>;
}

function openStream(
  model: CatalogueModel,
  signal: AbortSignal,
  open: (signal: AbortSignal) => Promise<AsyncIterable<ModelEvent>>,
): Promise<OpenedStream> {
  return callModel(model, signal, async (limited) => {
    const events = (await open(limited))[Symbol.asyncIterator]();
    return { events, first: await events.next() };
  });
}

class ChatStream {
  readonly spent: Promise<StreamSpend>;
  readonly #request: ChatRequest;
  readonly #model: CatalogueModel;
  readonly #context: StreamContext;
  readonly #events: AsyncIterator<ModelEvent, unknown>;
  readonly #abort: AbortController;
  readonly #collector = new StreamCollector();
  /** Of an answer that is checked, a chunk that ends a choice: it waits for the next one, or until all was found right. */
  #held: ChunkChoice[] | null = null;
  readonly #promptTokens: number;
  readonly #settle: (spend: StreamSpend) => void;
  /** The first event, until it is taken. */
  #first: IteratorResult<ModelEvent, unknown> | null;
  #head = { id: newCompletionId(), created: Math.floor(Date.now() / 1000) };
  #usage: Usage | null = null;
  /** Chunks so far: about as many tokens, for an answer that ends before its usage is told. */
  #chunks = 0;
  /** Whether the client waits for the model. */
  #isWaiting = false;
  /** Since the model's last event. */
  #silentMs = 0;
  /** Since the client was last sent anything: of some events it is told nothing. */
  #untoldMs = 0;
  #hasEnded = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    request: ChatRequest,
    model: CatalogueModel,
    promptTokens: number,
    context: StreamContext,
    { first, events }: OpenedStream,
    abort: AbortController,
  ) {
    this.#request = request;
    this.#model = model;
    this.#promptTokens = promptTokens;
    this.#context = context;
    this.#events = events;
    this.#abort = abort;
    this.#first = first;
    const { promise, resolve } = Promise.withResolvers<StreamSpend>();
    this.spent = promise;
    this.#settle = resolve;
  }

  body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#timer = setInterval(() => this.#tick(controller), TICK_MS);
        },
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
        if (this.#hasEnded) return;
        if (result.done) break;
        const text = this.#textOf(result.value);
        if (text === '') continue;
        controller.enqueue(ENCODER.encode(text));
        this.#untoldMs = 0;
        return;
      }
      const ending = await this.#ending();
      if (!this.#hasEnded) this.#end(controller, ending);
    } catch (error) {
      if (!this.#hasEnded) this.#fail(controller, error);
    }
  }

  async #read(): Promise<IteratorResult<ModelEvent, unknown>> {
    if (this.#first !== null) {
      const first = this.#first;
      this.#first = null;
      return first;
    }
    this.#isWaiting = true;
    try {
      return await this.#events.next();
    } finally {
      this.#isWaiting = false;
      this.#silentMs = 0;
    }
  }

  /** A comment after a while in which the client was told nothing, and an error after too long a silence. */
  #tick(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (!this.#isWaiting) return;
    this.#silentMs += TICK_MS;
    this.#untoldMs += TICK_MS;
    if (this.#silentMs >= this.#model.timeoutMs) this.#fail(controller, new ApiError('timeout'));
    else if (this.#untoldMs >= HEARTBEAT_MS) {
      controller.enqueue(KEEP_ALIVE);
      this.#untoldMs = 0;
    }
  }

  #fail(controller: ReadableStreamDefaultController<Uint8Array>, thrown: unknown): void {
    const error = thrown instanceof ApiError ? thrown : new ApiError('model_error', { cause: thrown });
    this.#abort.abort();
    this.#end(controller, `data: ${JSON.stringify({ error: this.#context.describe(error) })}\n\n`);
  }

  #end(controller: ReadableStreamDefaultController<Uint8Array>, text: string): void {
    controller.enqueue(ENCODER.encode(text));
    controller.close();
    this.#settleNow();
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
      case 'unseen':
        this.#chunks += 1;
        return '';
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
  #stop(): void {
    this.#abort.abort();
    this.#settleNow();
  }

  #settleNow(): void {
    this.#hasEnded = true;
    clearInterval(this.#timer);
    this.#settle(this.#spend());
    // Waits for an event that is on its way; the abort has ended the work already.
    this.#events.return?.().catch(() => undefined);
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
