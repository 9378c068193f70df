// `node load-generator.ts ORDER`: sends one request over and over on many kept connections, and prints how long the
// answers took. Written on sockets: an HTTP client would take more of the machine than the servers it measures.
import { connect, type Socket } from 'node:net';
import { HEAD_END, HttpAnswer } from './http-answer.ts';

export interface LoadOrder {
  port: number;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** What the end of every answer contains; an answer without it is a failure. */
  marks: string[];
  connections: number;
  warmUpMs: number;
  measureMs: number;
}

export interface LoadResult {
  /** Answers to the end within the measured time. */
  answers: number;
  /** Those before and after it too. */
  total: number;
  /** What the generator itself computed, in milliseconds. */
  cpuMs: number;
  /** Sorted, as the two below: milliseconds from sending a request to its answer's end. */
  latencies: number[];
  /** The same to the first byte of the answer's body. */
  firstBytes: number[];
}

class Load {
  readonly #order: LoadOrder;
  readonly #request: Buffer;
  readonly #measureFrom: number;
  readonly #measureTo: number;
  readonly #latencies: number[] = [];
  readonly #firstBytes: number[] = [];
  #total = 0;

  constructor(order: LoadOrder) {
    this.#order = order;
    this.#request = requestBytes(order);
    this.#measureFrom = performance.now() + order.warmUpMs;
    this.#measureTo = this.#measureFrom + order.measureMs;
  }

  async run(): Promise<LoadResult> {
    await Promise.all(Array.from({ length: this.#order.connections }, () => this.#converse()));
    const { user, system } = process.cpuUsage();
    return {
      answers: this.#latencies.length,
      total: this.#total,
      cpuMs: (user + system) / 1000,
      latencies: this.#latencies.toSorted((a, b) => a - b),
      firstBytes: this.#firstBytes.toSorted((a, b) => a - b),
    };
  }

  /** One connection's requests, one after the other. */
  #converse(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#order.port, host: '127.0.0.1', noDelay: true });
      const answer = new HttpAnswer();
      let sentAt = 0;
      let firstByteAt = 0;
      const send = () => {
        answer.begin();
        firstByteAt = 0;
        sentAt = performance.now();
        socket.write(this.#request);
      };
      const fail = (reason: string) => {
        socket.destroy();
        reject(new Error(`${reason}: ${answer.tail}`));
      };
      socket.setEncoding('latin1');
      socket.once('connect', send);
      socket.on('data', (text: string) => {
        answer.add(text);
        if (firstByteAt === 0 && answer.hasBody) firstByteAt = performance.now();
        if (!answer.isWhole) return;
        const isRight = answer.isSuccess && this.#order.marks.every((mark) => answer.tail.includes(mark));
        if (!isRight) return fail('an answer is wrong');
        const now = performance.now();
        this.#total += 1;
        if (now >= this.#measureFrom && now < this.#measureTo) {
          this.#latencies.push(now - sentAt);
          this.#firstBytes.push(firstByteAt - sentAt);
        }
        if (now < this.#measureTo) return send();
        close(socket);
        resolve();
      });
      socket.once('error', (error) => fail(error.message));
      socket.once('end', () => fail('the server closed a connection'));
    });
  }
}

function requestBytes({ port, path, headers, body }: LoadOrder): Buffer {
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}${HEAD_END}${body}`);
}

function close(socket: Socket): void {
  socket.removeAllListeners('end');
  socket.destroy();
}

const order: LoadOrder = JSON.parse(process.argv[2] ?? '');
try {
  console.log(JSON.stringify(await new Load(order).run()));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
