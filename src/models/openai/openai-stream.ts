// An OpenAI-compatible event stream on its way through: forwarded as it comes, but for the model's name and the usage.
import type { ChunkChoice } from '../../contract/chat';
import { ApiError } from '../../contract/errors';
import type { ModelEvent, ModelStreamOptions } from '../model';
import type { Upstream } from '../provider';
import { providerError } from '../provider-error';
import { embeddedError } from './openai-error';
import { finishReasonOf, hasForeignReason } from './openai-finish-reason';
import { type OpenaiUsage, reportedUsage } from './openai-usage';

/** What we read of a chunk. */
interface OpenaiChunk {
  id?: string;
  created?: number;
  model?: string;
  choices?: OpenaiChunkChoice[];
  usage?: OpenaiUsage | null;
  error?: unknown;
}

type OpenaiChunkChoice = Omit<ChunkChoice, 'finish_reason'> & {
  finish_reason?: string | null;
  error?: unknown;
};

/** A `data:` line longer than this is no chunk of a model's. */
const EVENT_LIMIT_CHARACTERS = 4 * 1024 ** 2;

/**
 * Bytes of server-sent events in, model events out. Where raw events are asked for, whatever needs no reading is handed
 * on as text, as many events at once as arrived together. It ends with `[DONE]`, though the connection may stay open;
 * a stream that ends without it was cut off. An iterator, not a stream: in this runtime a second stream takes as long
 * for each chunk as all else together.
 */
export async function* eventStream(
  upstream: Upstream,
  { raw }: ModelStreamOptions,
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  const bytes = body.getReader();
  const reader = new EventReader(upstream, raw);
  const decoder = new TextDecoder();
  const events: ModelEvent[] = [];
  const emit = (event: ModelEvent) => events.push(event);
  try {
    while (!reader.isDone) {
      let failure: unknown = null;
      try {
        const { done, value } = await bytes.read();
        if (done) reader.end(emit);
        else reader.read(decoder.decode(value, { stream: true }), emit);
      } catch (error) {
        failure = error instanceof ApiError || signal.aborted ? error : connectionLost(upstream, error);
      }
      // What came before a failure goes out before it.
      for (const event of events.splice(0)) yield event;
      if (failure !== null) throw failure;
    }
  } finally {
    if (reader.isDone) closeIfOpen(bytes);
    else bytes.cancel().catch(() => undefined);
  }
}

/** Most upstreams close after `[DONE]`, and their connection can be used again; cancelling would end it. */
function closeIfOpen(bytes: ReadableStreamDefaultReader<Uint8Array>): void {
  bytes
    .read()
    .then(({ done }) => (done ? undefined : bytes.cancel()))
    .catch(() => undefined);
}

function connectionLost({ provider, key }: Upstream, cause: unknown): ApiError {
  return providerError({ provider, status: null, message: 'the connection was lost', key, cause });
}

type Emit = (event: ModelEvent) => unknown;

class EventReader {
  readonly #upstream: Upstream;
  readonly #raw: boolean;
  /** What the upstream calls the model in its chunks, as JSON text; null before the first. */
  #modelText: string | null = null;
  /** Choices that have called a tool, as far as chunks were read. */
  readonly #calling = new Set<number>();
  #rest = '';
  #done = false;

  constructor(upstream: Upstream, raw: boolean) {
    this.#upstream = upstream;
    this.#raw = raw;
  }

  /** Whether the upstream has said that the answer is over. */
  get isDone(): boolean {
    return this.#done;
  }

  read(text: string, emit: Emit): void {
    this.#rest += text.includes('\r') ? text.replaceAll('\r', '') : text;
    const end = this.#rest.lastIndexOf('\n\n');
    if (end === -1) {
      if (this.#rest.length > EVENT_LIMIT_CHARACTERS) throw this.#failure('an event without end');
      return;
    }
    const block = this.#rest.slice(0, end + 2);
    this.#rest = this.#rest.slice(end + 2);
    // The ordinary case: nothing in it but more of the answer.
    if (this.#raw && this.#modelText !== null && !needsReading(block)) emit(this.#rawEvent(block));
    else for (const event of block.split('\n\n')) this.#readEvent(event, emit);
  }

  end(emit: Emit): void {
    if (this.#rest.trim() !== '') this.#readEvent(this.#rest, emit);
    if (!this.#done) throw this.#failure('the stream was cut off');
  }

  #readEvent(event: string, emit: Emit): void {
    // Comments, ids and the like say nothing about the answer.
    const data = event
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trim())
      // Line breaks between the lines of JSON mean nothing.
      .join(' ');
    if (data === '' || this.#done) return;
    if (data === '[DONE]') {
      this.#done = true;
      return;
    }
    const chunk = this.#parse(data);
    if (chunk.error) throw embeddedError(this.#upstream, chunk.error);
    this.#readHead(chunk, emit);
    const choices = (chunk.choices ?? []).map((choice) => this.#withKnownReason(choice));
    // With usage in it, a chunk is written anew: clients get the usage from us, with its cost.
    if (choices.length > 0) {
      if (this.#raw && this.#modelText !== null && !chunk.usage) {
        const text = hasForeignReason(data) ? JSON.stringify({ ...chunk, choices }) : data;
        emit(this.#rawEvent(`data: ${text}\n\n`));
      } else emit({ type: 'chunk', choices });
    }
    if (chunk.usage) emit({ type: 'usage', usage: reportedUsage(chunk.usage) });
  }

  #readHead({ model, id, created }: OpenaiChunk, emit: Emit): void {
    // Azure begins with a chunk about the prompt, in which all of this is empty.
    if (this.#modelText !== null || !model || !id) return;
    this.#modelText = JSON.stringify(model);
    emit({ type: 'head', id, createdSeconds: created ?? Math.floor(Date.now() / 1000) });
  }

  #withKnownReason({ error, ...choice }: OpenaiChunkChoice): ChunkChoice {
    if (choice.delta?.tool_calls?.length) this.#calling.add(choice.index);
    const reason = choice.finish_reason;
    const hasCalls = this.#calling.has(choice.index);
    return {
      ...choice,
      finish_reason: reason ? finishReasonOf(this.#upstream, reason, { hasCalls, error }) : null,
    };
  }

  #rawEvent(text: string): ModelEvent {
    const id = JSON.stringify(this.#upstream.id);
    const named = text
      .replaceAll(`"model":${this.#modelText}`, `"model":${id}`)
      .replaceAll(`"model": ${this.#modelText}`, `"model": ${id}`);
    return { type: 'raw', text: named, chunks: countEvents(text) };
  }

  #parse(data: string): OpenaiChunk {
    try {
      const chunk: unknown = JSON.parse(data);
      if (typeof chunk === 'object' && chunk !== null) return chunk;
    } catch {
      // Said below.
    }
    throw this.#failure('a chunk is not JSON');
  }

  #failure(message: string): Error {
    const { provider, key } = this.#upstream;
    return providerError({ provider, status: null, message, key });
  }
}

/** A comment, an id, an event's name; or data that is cut off, which clients could not parse. */
const LINE_WITHOUT_OBJECT = /^(?!data: ?\{.*\}$|$)/m;

/** Whether any event of the block is more than a piece of the answer. */
function needsReading(block: string): boolean {
  return (
    block.includes('"usage":{') ||
    block.includes('"usage": {') ||
    block.includes('"error"') ||
    block.includes('[DONE]') ||
    hasForeignReason(block) ||
    LINE_WITHOUT_OBJECT.test(block)
  );
}

function countEvents(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n', at + 2)) count += 1;
  return count;
}
