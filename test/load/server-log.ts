// Reads what the server prints, line by line: which requests have ended in it, and what it says that it should not have to.
import { stripVTControlCharacters } from 'node:util';
import type { Findings } from './findings.ts';

/** Events that are in the nature of things. */
const USUAL_EVENTS = new Set(['request', 'batch.created', 'batch.started', 'batch.ended']);

interface LogLine {
  event: string;
  request_id?: string;
  route?: string | null;
  cost_usd?: number | null;
  error?: string;
}

/** The route of `stream_url`, whose requests have no id of ours. */
const WATCH_ROUTE = '/api/v1/batches/:id/stream';

export class ServerLog {
  readonly #findings: Findings;
  /** Requests that were sent and have not ended in the server. */
  readonly #open = new Map<string, (costUsd: number | null) => void>();
  #rest = '';
  #watchesEnded = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** A request that is about to be sent under this id. @param ended is told what the server says it cost */
  expect(requestId: string, ended: (costUsd: number | null) => void = () => undefined): void {
    this.#open.set(requestId, ended);
  }

  /** Requests that have not ended, streams included. */
  get open(): string[] {
    return [...this.#open.keys()];
  }

  /** How many streams of batches have ended. */
  get watchesEnded(): number {
    return this.#watchesEnded;
  }

  /** Takes a piece of the server's output. */
  read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#readLine(line);
  }

  #readLine(printed: string): void {
    // wrangler puts a mark and colours around what the Worker says of errors.
    const line = stripVTControlCharacters(printed).replace(/^✘ \[ERROR\] (?=\{"event":)/, '');
    if (!line.startsWith('{"event":')) {
      // wrangler's own line for each request has its path, which is not ours to search for words.
      if (/error|uncaught|exception|exceeded/i.test(line) && !/^\[wrangler:info\]/.test(line)) {
        this.#findings.add('server printed an error', line);
      }
      return;
    }
    const entry = parsed(line);
    if (entry === null) {
      this.#findings.add('server wrote half a line', line);
    } else if (!USUAL_EVENTS.has(entry.event)) {
      this.#findings.add(`server logged ${entry.event}`, line);
    } else if (entry.event === 'request') {
      this.#end(entry);
    }
  }

  #end({ request_id: id = '', route, cost_usd: cost = null }: LogLine): void {
    if (route === WATCH_ROUTE) this.#watchesEnded += 1;
    this.#open.get(id)?.(cost);
    this.#open.delete(id);
  }
}

function parsed(line: string): LogLine | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
