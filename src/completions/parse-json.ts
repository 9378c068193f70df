// JSON as clients send it, in a body or a line of a file: the value, or the typed error that says what is wrong.
import { ApiError } from '../contract/errors';
import { JSON_DEPTH_LIMIT } from '../contract/limits';
import type { JsonText } from '../contract/messages/en';
import { placeOf } from '../contract/place';
import { type JsonProblem, parseJsonStrictly } from '../platform/strict-json';

/** @param what how errors call the text @throws ApiError `invalid_request` */
export function parseJson(bytes: Uint8Array, what: JsonText = 'body'): unknown {
  const result = parseJsonStrictly(bytes, JSON_DEPTH_LIMIT);
  if (!result.ok) throw jsonError(result, what);
  return result.value;
}

function jsonError(problem: JsonProblem, what: JsonText): ApiError {
  switch (problem.problem) {
    case 'utf8':
      return new ApiError('invalid_request', { detail: ['utf8_malformed', what] });
    case 'depth':
      return new ApiError('invalid_request', { detail: ['json_too_deep', what, JSON_DEPTH_LIMIT] });
    case 'empty':
      return new ApiError('invalid_request', { detail: ['body_missing'] });
    case 'syntax':
      return new ApiError('invalid_request', { detail: ['json_malformed', what, problem.reason] });
    case 'key':
      return new ApiError('invalid_request', {
        detail: ['key_forbidden', problem.key],
        param: placeOf(problem.place),
      });
  }
}
