// A model provider in OpenAI's format that fails at random in every way one can, and whose answers are known beforehand.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CatalogueConfig } from '../../src/models/catalogue-entry.ts';
import { expectedAnswer, MODELS, PRICES } from './expected-answers.ts';
import { sendStream } from './provider-stream.ts';

/** How a call ends that is not answered well; each so often of a thousand. */
const FAULTS: [fault: string, perThousand: number][] = [
  ['500', 40],
  ['429', 25],
  ['broken JSON', 20],
  ['cut off', 20],
  ['no answer', 6],
  ['late', 60],
];

/** There are fewer streams than items, and only what fails half-way is of interest: what fails before is as above. */
const STREAM_FAULTS: typeof FAULTS = [
  ['500', 20],
  ['429', 20],
  ['broken JSON', 60],
  ['cut off', 80],
  ['no answer', 30],
  ['late', 60],
];

/** Of a model: what it is given no longer than. */
const TIMEOUT_SECONDS = 4;
/** In time, but not before commits and kills had theirs. */
const LATE_MS = 1_500;
const USUAL_MS = 30;

export class ChaosProvider {
  /** Calls that were not answered well, or whose caller was gone by then, by prompt. */
  readonly failures = new Map<string, number>();
  readonly calls = new Map<string, number>();
  readonly faults = new Map<string, number>();
  isCalm = true;
  readonly #server: Server;
  readonly #random: () => number;

  private constructor(server: Server, random: () => number) {
    this.#server = server;
    this.#random = random;
  }

  static async start(random: () => number): Promise<ChaosProvider> {
    const server = createServer();
    const provider = new ChaosProvider(server, random);
    server.on('request', (request, response) => {
      provider.#take(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return provider;
  }

  /** The catalogue of a server that has these models alone. */
  catalogue(): CatalogueConfig {
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return {
      keep_defaults: false,
      providers: { chaos: { kind: 'openai', base_url: `http://127.0.0.1:${port}/v1` } },
      models: MODELS.map((id) => ({
        id,
        provider: 'chaos',
        context_window: 8_000,
        prices: PRICES[id],
        timeout_seconds: TIMEOUT_SECONDS,
        retries: 1,
      })),
    };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as {
      model: string;
      max_tokens?: number;
      max_completion_tokens?: number;
      stream?: boolean;
      stream_options?: { include_usage?: boolean };
      messages: { content: string }[];
    };
    const prompt = body.messages.at(-1)?.content ?? '';
    add(this.calls, prompt);
    const fault = this.#draw(body.stream ? STREAM_FAULTS : FAULTS);
    if (fault !== null) add(this.faults, fault);
    if (fault !== null && fault !== 'late') add(this.failures, prompt);
    else response.once('close', () => response.writableFinished || add(this.failures, prompt));
    await sleep(fault === 'late' ? LATE_MS : USUAL_MS);
    const expected = expectedAnswer(prompt);
    const limit = body.max_completion_tokens ?? body.max_tokens ?? Number.POSITIVE_INFINITY;
    const completionTokens = Math.min(expected.completionTokens, limit);
    if (fault === '500') return sendError(response, 500, 'Internal server error');
    if (fault === '429') {
      response.setHeader('retry-after', '1');
      return sendError(response, 429, 'Rate limit reached');
    }
    if (body.stream && !expected.isRefused) {
      const includesUsage = body.stream_options?.include_usage === true;
      const answer = { model: body.model, expected, completionTokens, includesUsage };
      return sendStream(response, answer, fault === 'late' ? null : fault);
    }
    switch (fault) {
      case 'broken JSON':
        return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"id": oops');
      case 'cut off':
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': 500 })
          .write('{"id":');
        await sleep(20);
        return void response.destroy();
      case 'no answer':
        return;
    }
    if (expected.isRefused) return sendError(response, 400, 'Blocked by the content policy');
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        id: 'chatcmpl-chaos',
        object: 'chat.completion',
        created: 1741569952,
        model: body.model,
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: expected.text, refusal: null },
            logprobs: null,
            finish_reason: completionTokens < expected.completionTokens ? 'length' : 'stop',
          },
        ],
        usage: {
          prompt_tokens: expected.promptTokens,
          completion_tokens: completionTokens,
          total_tokens: expected.promptTokens + completionTokens,
        },
      }),
    );
  }

  #draw(faults: typeof FAULTS): string | null {
    if (this.isCalm) return null;
    let draw = this.#random() * 1000;
    for (const [fault, share] of faults) {
      draw -= share;
      if (draw < 0) return fault;
    }
    return null;
  }
}

function sendError(response: ServerResponse, status: number, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { message, type: 'chaos', param: null, code: null } }));
}

function add(tally: Map<string, number>, name: string): void {
  tally.set(name, (tally.get(name) ?? 0) + 1);
}
