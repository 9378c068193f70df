// `@sandbox key=value …` lines in a message: how a client makes the sandbox model slow, long, wrong or failing.
import { ApiError, ERROR_TABLE, ERROR_TYPES, type ErrorType } from '../../contract/errors';

/** Answers longer than any context window would only fill memory. */
const TOKENS_MAXIMUM = 100_000;
/** Longer than any caller waits; a timer must not outlive a Worker. */
const PAUSE_MAXIMUM_MS = 600_000;
const FAILURES_MAXIMUM = 1_000;

const DIRECTIVE_MARK = '@sandbox';
const DIRECTIVE_LINE = /^[ \t]*@sandbox(?:[ \t]+(.*))?$/;

export interface Directives {
  /** Fail with this error. */
  error: ErrorType | null;
  /** Wait so long before anything else. */
  latencyMs: number;
  /** Make the answer exactly so long. */
  tokens: number | null;
  /** The first so many attempts of the request fail as `model_overloaded`. */
  failures: number;
  /** Say exactly this. */
  text: string | null;
  /** The pause between the chunks of a streamed answer. */
  chunkDelayMs: number;
}

const NO_DIRECTIVES: Directives = {
  error: null,
  latencyMs: 0,
  tokens: null,
  failures: 0,
  text: null,
  chunkDelayMs: 0,
};

/** How each key reads its value; `undefined` is a bad value. `text` is not here: it runs to the line's end. */
const READERS: Record<string, (value: string) => Partial<Directives> | undefined> = {
  error: (value) => {
    const type = ERROR_TYPES.find(
      (candidate) => candidate === value && ERROR_TABLE[candidate].status !== null,
    );
    return type && { error: type };
  },
  latency: (value) => {
    const latencyMs = milliseconds(value);
    return latencyMs === null ? undefined : { latencyMs };
  },
  tokens: (value) => {
    const tokens = wholeNumber(value, 1, TOKENS_MAXIMUM);
    return tokens === null ? undefined : { tokens };
  },
  fail: (value) => {
    const failures = wholeNumber(value, 0, FAILURES_MAXIMUM);
    return failures === null ? undefined : { failures };
  },
  chunk_delay: (value) => {
    const chunkDelayMs = milliseconds(value);
    return chunkDelayMs === null ? undefined : { chunkDelayMs };
  },
};

/**
 * Splits a message's text into its directives and what is left to talk about. A later key wins.
 * @throws ApiError `invalid_request` naming the unknown key or the bad value.
 */
export function readDirectives(text: string): { directives: Directives; text: string } {
  // The ordinary message: nothing to split.
  if (!text.includes(DIRECTIVE_MARK)) return { directives: NO_DIRECTIVES, text };
  const directives = { ...NO_DIRECTIVES };
  const rest: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = DIRECTIVE_LINE.exec(line);
    if (match === null) rest.push(line);
    else Object.assign(directives, readLine(match[1] ?? ''));
  }
  return { directives, text: rest.join('\n').trim() };
}

function readLine(line: string): Partial<Directives> {
  const found: Partial<Directives> = {};
  const say = /(?:^|\s)text=(.*)$/.exec(line);
  if (say !== null) found.text = say[1] ?? '';
  const settings = say === null ? line : line.slice(0, say.index);
  for (const setting of settings.split(/\s+/)) {
    if (setting === '') continue;
    const equals = setting.indexOf('=');
    const key = equals < 0 ? setting : setting.slice(0, equals);
    const reader = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
    if (reader === undefined) throw new ApiError('invalid_request', { detail: ['directive_unknown', key] });
    const value = equals < 0 ? undefined : reader(setting.slice(equals + 1));
    if (value === undefined)
      throw new ApiError('invalid_request', { detail: ['directive_invalid', setting] });
    Object.assign(found, value);
  }
  return found;
}

function wholeNumber(text: string, minimum: number, maximum: number): number | null {
  if (!/^\d{1,9}$/.test(text)) return null;
  const value = Number(text);
  return value >= minimum && value <= maximum ? value : null;
}

/** `250ms`, `2s` or `1.5s` in milliseconds. */
function milliseconds(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s)$/.exec(text);
  if (match === null) return null;
  const value = Number(match[1]) * (match[2] === 's' ? 1000 : 1);
  return value <= PAUSE_MAXIMUM_MS ? value : null;
}
