// A request byte for byte, as no well-behaved client would send it, and its answer.
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';

export interface WireRequest {
  method: string;
  /** Path and query as they are sent, without any repair. */
  target: string;
  headers: [name: string, value: string][];
  body: Buffer | null;
}

export interface WireAnswer {
  status: number;
  headers: Headers;
  body: Buffer;
  /** Whether the whole body came: streams are left after a while. */
  isWhole: boolean;
}

/** No request of the fuzzer's makes more than a second of work; the machine may be busy. */
const ANSWER_LIMIT_MS = 30_000;
/** How long a stream is listened to. */
const STREAM_LIMIT_MS = 300;
const BODY_LIMIT_BYTES = 4 * 1024 ** 2;

const agent = new Agent({ keepAlive: true });

/** @throws Error where no answer comes, or none in time */
export function send(origin: string, { method, target, headers, body }: WireRequest): Promise<WireAnswer> {
  const { hostname, port, host } = new URL(origin);
  // Given as a list, so that a header can come twice, Node adds none by itself.
  const length = body === null ? [] : ['Content-Length', String(body.length)];
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      agent,
      hostname,
      port,
      method,
      path: target,
      headers: ['Host', host, ...length, ...headers.flat()],
    });
    const timer = setTimeout(
      () => sent.destroy(new Error(`no whole answer within ${ANSWER_LIMIT_MS / 1000} s`)),
      ANSWER_LIMIT_MS,
    );
    const settle = (end: () => void) => {
      clearTimeout(timer);
      end();
    };
    sent.once('error', (error) => settle(() => reject(error)));
    sent.once('response', (response) => {
      readAnswer(response).then(
        (answer) => settle(() => resolve(answer)),
        (error) => settle(() => reject(error)),
      );
    });
    sent.end(body ?? undefined);
  });
}

async function readAnswer(response: IncomingMessage): Promise<WireAnswer> {
  const chunks: Buffer[] = [];
  const isStream = response.headers['content-type']?.startsWith('text/event-stream') ?? false;
  let isWhole = true;
  let bytes = 0;
  const leave = () => {
    isWhole = false;
    response.destroy();
  };
  const timer = isStream ? setTimeout(leave, STREAM_LIMIT_MS) : undefined;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > BODY_LIMIT_BYTES) leave();
    }
  } catch (error) {
    if (isWhole) throw error;
  } finally {
    clearTimeout(timer);
  }
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  return { status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks), isWhole };
}

/** Longer bodies are cut in a report: the seed makes them again. */
const SHOWN_BODY_BYTES = 6_000;

/** The request as a command for a shell; bytes that a shell has no words for come through base64. */
export function curlCommand(origin: string, { method, target, headers, body }: WireRequest): string {
  const words = ['curl', '-sS', '-i', '--max-time', '30', '--path-as-is', '-X', method];
  for (const [name, value] of headers) words.push('-H', value === '' ? `${name};` : `${name}: ${value}`);
  const isText = body === null || /^[\x20-\x7e\n]*$/.test(body.toString('latin1'));
  if (body !== null) words.push('--data-binary', isText ? shown(body).toString() : '@-');
  words.push(origin + target);
  const command = words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
  const cut =
    body !== null && body.length > SHOWN_BODY_BYTES ? ` # body cut: it has ${body.length} bytes` : '';
  return (isText ? command : `echo ${shown(body).toString('base64')} | base64 -d | ${command}`) + cut;
}

function shown(body: Buffer): Buffer {
  return body.subarray(0, SHOWN_BODY_BYTES);
}
