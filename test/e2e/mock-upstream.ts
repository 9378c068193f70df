// A model provider on this machine: it answers in the format its path asks for, or fails as the model's name says.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Format, formatOf, type Said } from './mock-answers.ts';

const WAIT_LIMIT_MS = 30_000;
const LOOK_INTERVAL_MS = 20;

/** How late a first byte is that comes late. */
const SLOW_MS = 600;

/** How long a limit lasts that says so in `Retry-After`. */
export const RETRY_AFTER_SECONDS = 2;

/** What is read of a request's body, in the words of three providers. */
interface UpstreamBody {
  model?: string;
  stream?: boolean;
  messages?: object[];
  contents?: object[];
  tools?: { name?: string; function?: { name: string }; functionDeclarations?: { name: string }[] }[];
  [parameter: string]: unknown;
}

/** A request as it came, and what became of its connection. */
export interface UpstreamRequest {
  path: string;
  /** By their names in lower case. */
  headers: Record<string, string>;
  body: UpstreamBody;
  model: string;
  /** Epoch milliseconds. */
  at: number;
  /** `gone`: the other side closed the connection before the answer was over. */
  state: 'open' | 'answered' | 'gone';
}

interface Exchange {
  request: UpstreamRequest;
  response: ServerResponse;
  format: Format;
  streams: boolean;
  said: Said;
  /** How often this model was asked this before. */
  repeats: number;
}

type Behaviour = (exchange: Exchange) => void | Promise<void>;

/** By the upstream's name of the model. */
const BEHAVIOURS: Record<string, Behaviour> = {
  assistant: answer,
  slow: async (exchange) => {
    await sleep(SLOW_MS);
    answer(exchange);
  },
  limited: (exchange) => fail(exchange, 429, 'Rate limit reached', { 'retry-after': '20' }),
  'limited-once': (exchange) =>
    exchange.repeats > 0
      ? answer(exchange)
      : fail(exchange, 429, 'Rate limit reached', { 'retry-after': String(RETRY_AFTER_SECONDS) }),
  failing: (exchange) => fail(exchange, 500, 'Internal server error'),
  'failing-once': (exchange) =>
    exchange.repeats > 0 ? answer(exchange) : fail(exchange, 500, 'Internal server error'),
  overloaded: (exchange) => fail(exchange, 529, 'Overloaded'),
  refusing: (exchange) => fail(exchange, 400, 'temperature: must be less than 1'),
  'too-long': (exchange) =>
    fail(
      exchange,
      400,
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    ),
  filtered: (exchange) => fail(exchange, 400, 'Blocked by the content policy'),
  'wrong-key': (exchange) => {
    const key = exchange.request.headers.authorization ?? exchange.request.headers['x-api-key'];
    fail(exchange, 401, `Incorrect API key provided: ${key}`);
  },
  hanging: () => undefined,
  resetting: ({ response }) => {
    response.destroy();
  },
  page: ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>It works!</html>');
  },
  malformed: (exchange) => {
    head(exchange).end(exchange.streams ? 'data: {"id": oops\n\n' : '{"id": oops');
  },
  /** Ends before its end, in good order. */
  truncated: (exchange) => {
    const { streams, said, format } = exchange;
    head(exchange).end(streams ? opening(exchange) : format.whole(said).slice(0, 60));
  },
  /** The connection breaks amid the answer. */
  broken: async (exchange) => {
    const response = head(exchange);
    response.write(exchange.streams ? opening(exchange) : '{"id":');
    await sleep(50);
    response.destroy();
  },
  'error-event': (exchange) => {
    head(exchange).end(opening(exchange) + exchange.format.errorEvent);
  },
  'error-at-once': (exchange) => {
    head(exchange).end(exchange.format.errorEvent);
  },
  /** Wrong at first, and right once it was shown its mistake. */
  'wrong-once': (exchange) => {
    const wasShown = (exchange.request.body.messages?.length ?? 0) > 1;
    answer({ ...exchange, said: wasShown ? firstSaid(exchange) : wrong(exchange) });
  },
  'wrong-always': (exchange) => answer({ ...exchange, said: wrong(exchange) }),
  /** The beginning of an answer, and then nothing. */
  'held-open': (exchange) => {
    head(exchange).write(opening(exchange));
  },
};

export class MockUpstream {
  /** Oldest first. */
  readonly requests: UpstreamRequest[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<MockUpstream> {
    const server = createServer();
    const upstream = new MockUpstream(server);
    server.on('request', (request, response) => {
      upstream.#take(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get origin(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** The requests in which this text occurs; each test has a text of its own. */
  about(text: string): UpstreamRequest[] {
    return this.requests.filter(({ body }) => JSON.stringify(body).includes(text));
  }

  /** The last request about this text, once its connection is in that state. */
  async waitFor(text: string, state: UpstreamRequest['state']): Promise<UpstreamRequest> {
    const until = Date.now() + WAIT_LIMIT_MS;
    for (;;) {
      const request = this.about(text).at(-1);
      if (request?.state === state) return request;
      if (Date.now() > until) throw new Error(`the request is ${request?.state}, not ${state}`);
      await sleep(LOOK_INTERVAL_MS);
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const path = incoming.url ?? '';
    const body: UpstreamBody = JSON.parse(Buffer.concat(chunks).toString());
    const model = body.model ?? /models\/([^:]+):/.exec(path)?.[1] ?? '';
    const question = questionOf(body);
    const repeats = this.requests.filter(
      (earlier) => earlier.model === model && questionOf(earlier.body) === question,
    ).length;
    const request: UpstreamRequest = {
      path,
      headers: Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      ),
      body,
      model,
      at: Date.now(),
      state: 'open',
    };
    this.requests.push(request);
    response.on('close', () => {
      request.state = response.writableFinished ? 'answered' : 'gone';
    });
    const behave = BEHAVIOURS[model];
    if (behave === undefined) throw new Error(`no behaviour "${model}"`);
    const format = formatOf(path.split('?')[0] ?? '');
    const streams = body.stream === true || path.includes(':stream');
    await behave({ request, response, format, streams, said: saidTo(body), repeats });
  }
}

/** The messages, in any provider's words. */
function questionOf(body: UpstreamBody): string {
  return JSON.stringify(body.messages ?? body.contents);
}

/** What fits the schemas of tests. */
const REPORT = '{"city": "Seoul", "celsius": 21}';

/** Calls the first tool until it has its result; else JSON where the request speaks of a schema; else a greeting. */
function saidTo(body: UpstreamBody): Said {
  const declared = body.tools?.[0];
  const name = declared?.function?.name ?? declared?.name ?? declared?.functionDeclarations?.[0]?.name;
  const last = JSON.stringify((body.messages ?? body.contents)?.at(-1) ?? {});
  const hasResult = /"role":"tool"|tool_result|functionResponse/.test(last);
  if (name && !hasResult) {
    const isWhole = JSON.stringify(declared).includes('celsius');
    return { text: '', call: { name, arguments: isWhole ? REPORT : '{"city":"Seoul"}' } };
  }
  const wantsJson = /json_schema|JSON Schema|responseSchema|responseJsonSchema/.test(JSON.stringify(body));
  if (wantsJson) return { text: REPORT, call: null };
  return { text: 'Hello from far away', call: null };
}

/** What is said to the first message, whatever came of it. */
function firstSaid({ request: { body } }: Exchange): Said {
  return saidTo({ ...body, messages: body.messages?.slice(0, 1) ?? [] });
}

/** An answer, or a call, that fits no schema of the tests. */
function wrong(exchange: Exchange): Said {
  const text = '{"city": 7}';
  const { call } = firstSaid(exchange);
  return call === null ? { text, call } : { text: '', call: { ...call, arguments: text } };
}

function head({ response, streams }: Exchange): ServerResponse {
  return response.writeHead(200, {
    'content-type': streams ? 'text/event-stream; charset=utf-8' : 'application/json',
  });
}

/** A stream as far as its first token. */
function opening({ format, said }: Exchange): string {
  return format.events(said).slice(0, format.opening).join('');
}

function answer(exchange: Exchange): void {
  const { format, said, streams } = exchange;
  const response = head(exchange);
  if (!streams) {
    response.end(format.whole(said));
    return;
  }
  for (const event of format.events(said)) response.write(event);
  response.end();
}

function fail(
  { response, format }: Exchange,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(format.error(status, message));
}
