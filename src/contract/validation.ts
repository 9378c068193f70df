// Turns a failed zod check into the one error a client gets: the first issue, with its exact place.
import type * as z from 'zod';
import { ApiError } from './errors';
import { issueFault } from './issue-fault';
import type { Detail } from './messages/en';
import { placeOf } from './place';

/** What schemas check by themselves: the message of such an issue is the key of one of our sentences. */
const OWN_ISSUES = [
  'window_invalid',
  'metadata_too_many',
  'resend_what',
  'webhook_secret_invalid',
  'days_reversed',
] as const;
export type OwnIssue = (typeof OWN_ISSUES)[number];

/** `invalid_request` for the first issue of `input`. */
export function invalidRequest(issues: readonly z.core.$ZodIssue[], input: unknown): ApiError {
  const [first] = issues;
  if (first === undefined) return new ApiError('invalid_request');
  const issue = deepest(first, []);
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  const param = placeOf(path);
  return new ApiError('invalid_request', {
    detail: detailOf(issue, input),
    ...(param !== '' && { param }),
  });
}

/** A value checked against a schema, or an `invalid_request` thrown that names the place. */
export function parseOrThrow<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (!result.success) throw invalidRequest(result.error.issues, input);
  return result.data;
}

function detailOf(issue: z.core.$ZodIssue, input: unknown): Detail {
  const own = issue.code === 'custom' && OWN_ISSUES.find((key) => key === issue.message);
  return own ? [own] : ['value_invalid', issueFault(issue, input)];
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
