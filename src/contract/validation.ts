// Turns a failed zod check into the one error a client gets: the first issue, with its exact place.
import type * as z from 'zod';
import { ApiError } from './errors';

/** A place in a JSON value as clients read it: `messages[0].content[1].type`. */
export function placeOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((place, key) => {
    if (typeof key === 'number') return `${place}[${key}]`;
    return place === '' ? String(key) : `${place}.${String(key)}`;
  }, '');
}

/** `invalid_request` for the issue that says most about `input`. */
export function invalidRequest(issues: readonly z.core.$ZodIssue[], input: unknown): ApiError {
  const [issue] = issues.map((candidate) => deepest(candidate, []));
  if (issue === undefined) return new ApiError('invalid_request');
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  const param = placeOf(path);
  return new ApiError('invalid_request', {
    detail: ['issue', { ...issue, input: valueAt(input, issue.path) } as z.core.$ZodRawIssue],
    ...(param !== '' && { param }),
  });
}

/** A value checked against a schema, or an `invalid_request` thrown that names the place. */
export function parseOrThrow<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (!result.success) throw invalidRequest(result.error.issues, input);
  return result.data;
}

/** Inside a union, the branch that got furthest is the one the client meant. */
function deepest(issue: z.core.$ZodIssue, prefix: PropertyKey[]): z.core.$ZodIssue {
  const path = [...prefix, ...issue.path];
  if (issue.code !== 'invalid_union') return { ...issue, path };
  const candidates = issue.errors
    .flatMap((branch) => branch.slice(0, 1))
    .map((inner) => deepest(inner, path));
  const [best] = candidates.sort((a, b) => b.path.length - a.path.length);
  return best !== undefined && best.path.length > path.length ? best : { ...issue, path };
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}
