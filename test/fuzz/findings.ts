// What an answer may not be, and the list of what was: one entry for each kind of fault, with the first request that had it.
import { problemsOf } from '../openapi/response-checker';
import type { Plan } from './request-maker.ts';
import type { WireAnswer, WireRequest } from './wire-request.ts';

export interface Finding {
  operation: string;
  status: number | null;
  problem: string;
  count: number;
  first: WireRequest;
  answer: string;
}

const CLIENT_ID = /^[\x21-\x7e]{1,128}$/;
const OWN_ID = /^req_[0-9A-Za-z]{24}$/;
const SHOWN_CHARACTERS = 400;

export class Findings {
  readonly #byKey = new Map<string, Finding>();

  add(plan: Plan, status: number | null, problem: string, answer = ''): void {
    const operation = plan.found.operation.operationId;
    const key = [operation, status, kindOf(problem)].join(' ');
    const known = this.#byKey.get(key);
    if (known !== undefined) known.count++;
    else {
      const shown = answer.slice(0, SHOWN_CHARACTERS);
      this.#byKey.set(key, { operation, status, problem, count: 1, first: plan.request, answer: shown });
    }
  }

  list(): Finding[] {
    return Array.from(this.#byKey.values());
  }
}

/** The same fault of two objects is one fault. */
function kindOf(problem: string): string {
  return problem
    .replaceAll(/\b[a-z]+_[0-9A-Za-z]{12,}\b/g, 'ID')
    .replaceAll(/\d+/g, '0')
    .slice(0, 200);
}

/** The text of an answer as far as it can be read: JSON, lines and whole events. Null where it is a file's bytes, or a range. */
export function textOf(
  { target }: WireRequest,
  { status, headers, body, isWhole }: WireAnswer,
): string | null {
  const type = headers.get('content-type') ?? '';
  if (!/^(application\/json|application\/jsonl|text\/event-stream)/.test(type)) return null;
  if (status === 206 || (status === 200 && /\/content(\?|$)/.test(target))) return null;
  const text = new TextDecoder('utf-8', { fatal: true }).decode(isWhole ? body : wholeEvents(body));
  return isWhole || type.startsWith('text/event-stream') ? text : null;
}

function wholeEvents(body: Buffer): Buffer {
  const end = body.lastIndexOf('\n\n');
  return body.subarray(0, end < 0 ? 0 : end + 2);
}

/** What is wrong with an answer, in sentences. */
export function faultsOf(origin: string, plan: Plan, answer: WireAnswer): string[] {
  const { request } = plan;
  const { status, headers } = answer;
  const path = new URL(origin + request.target).pathname;
  if (!isOurs(path) && !headers.has('x-request-id')) return [];
  try {
    const body = textOf(request, answer);
    const seen = { method: request.method, path, status, headers, body };
    return [
      ...serverFaults(plan, status, body),
      ...idFaults(request, headers, status, body),
      ...problemsOf(seen),
    ];
  } catch (error) {
    return [`the answer cannot be read: ${error}`];
  }
}

/** Other paths are the console's files. */
function isOurs(path: string): boolean {
  return /^\/(v1|api|healthz|openapi\.json)(\/|$)/.test(path);
}

function serverFaults({ request }: Plan, status: number, body: string | null): string[] {
  if (status < 500) return [];
  const type: unknown = JSON.parse(body ?? '{}').error?.type;
  // A schema that nothing fits, or an answer cut short by max_tokens, is by contract the model's error.
  const mayFail = /"(response_format|tools)"/.test(request.body?.toString() ?? '');
  return type === 'model_error' && mayFail ? [] : [`a ${status} that nobody asked for: ${type}`];
}

function idFaults(
  { headers: sent, method }: WireRequest,
  headers: Headers,
  status: number,
  body: string | null,
): string[] {
  const id = headers.get('x-request-id') ?? '';
  const own = sent.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1].trim();
  const expected = own !== undefined && CLIENT_ID.test(own) ? id === own : OWN_ID.test(id);
  if (!expected) return [`x-request-id is "${id}" for "${own}"`];
  if (status < 400 || method === 'HEAD' || body === null || body === '') return [];
  return JSON.parse(body).error?.request_id === id ? [] : ['the error names another request'];
}
