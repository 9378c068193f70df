// An issue of a zod schema as one of our own faults: a place, and a reason that each language has words for.
import type * as z from 'zod';
import type { Fault, Reason } from './messages/en-reasons';
import { memberName, placeOf } from './place';

/** Unknown members that are named; a client may have sent any number. */
const NAMED_MEMBERS_LIMIT = 5;

/** @param input what was checked, as it came */
export function issueFault(issue: z.core.$ZodIssue, input: unknown): Fault {
  const place = placeOf(issue.path);
  const value = issue.path.reduce<unknown>(
    (outer, key) => (typeof outer === 'object' && outer !== null ? Reflect.get(outer, key) : undefined),
    input,
  );
  return {
    place: place === '' ? null : place,
    ...(issue.code === 'invalid_key' && { isName: true }),
    reason: reasonOf(issue, value),
  };
}

function reasonOf(issue: z.core.$ZodIssue, value: unknown): Reason {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType([issue.expected], value);
    case 'invalid_value':
      return value === undefined ? ['missing'] : oneOf(issue.values);
    case 'invalid_union':
      return unionReason(issue, value);
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'unrecognized_keys':
      return [
        'members_unknown',
        issue.keys.slice(0, NAMED_MEMBERS_LIMIT).map(memberName),
        issue.keys.length - NAMED_MEMBERS_LIMIT,
      ];
    case 'invalid_key':
      return issue.issues[0] === undefined ? ['not_valid'] : reasonOf(issue.issues[0], '');
    case 'invalid_format':
      return formatReason(issue);
    case 'not_multiple_of':
      return ['must_be_multiple', String(issue.divisor)];
    case 'invalid_element':
    case 'custom':
      return ['not_valid'];
  }
}

/** What was received is said where it tells more: not of a fraction instead of a whole number, or of text in a query. */
function wrongType(expected: readonly string[], value: unknown): Reason {
  if (value === undefined) return ['missing'];
  const received = typeOf(value);
  const wanted = expected.map((type) => JSON_TYPES[type] ?? type);
  const isNumeric = wanted.includes('number') || wanted.includes('integer');
  return isNumeric && (received === 'number' || received === 'string')
    ? ['must_be_type', wanted]
    : ['wrong_type', wanted, received];
}

/** zod's names of types where JSON has another. */
const JSON_TYPES: Readonly<Record<string, string>> = { int: 'integer', record: 'object', tuple: 'array' };

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function oneOf(values: readonly unknown[]): Reason {
  const listed = values.map((value) => JSON.stringify(value)).join(', ');
  return [values.length === 1 ? 'must_be' : 'must_be_one_of', listed];
}

function unionReason(issue: z.core.$ZodIssueInvalidUnion, value: unknown): Reason {
  if (value === undefined) return ['missing'];
  // Of a union told apart by a member, whose value is none of them.
  if ('options' in issue && Array.isArray(issue.options)) return oneOf(issue.options);
  const types = issue.errors.map(([inner]) =>
    inner?.code === 'invalid_type' && inner.path.length === 0 ? inner.expected : null,
  );
  const known = types.filter((type) => type !== null);
  return known.length === types.length && known.length > 0 ? wrongType(known, value) : ['fits_nothing'];
}

function tooSmall({ origin, minimum, inclusive }: z.core.$ZodIssueTooSmall): Reason {
  const limit = String(minimum);
  switch (origin) {
    case 'string':
      return ['characters_too_few', limit];
    case 'array':
      return ['items_too_few', limit];
    case 'record':
    case 'object':
      return ['properties_too_few', limit];
    default:
      return [inclusive === false ? 'must_be_greater' : 'must_be_at_least', limit];
  }
}

function tooBig({ origin, maximum, inclusive }: z.core.$ZodIssueTooBig): Reason {
  const limit = String(maximum);
  switch (origin) {
    case 'string':
      return ['characters_too_many', limit];
    case 'array':
      return ['items_too_many', limit];
    case 'record':
    case 'object':
      return ['properties_too_many', limit];
    default:
      return [inclusive === false ? 'must_be_less' : 'must_be_at_most', limit];
  }
}

function formatReason(issue: z.core.$ZodIssueInvalidStringFormat): Reason {
  switch (issue.format) {
    case 'datetime':
      return ['must_be_time'];
    case 'date':
      return ['must_be_day'];
    case 'regex':
      // zod shows it as JavaScript writes it, between slashes.
      return [
        'must_match',
        String(issue.pattern)
          .replace(/^\/(.*)\/[a-z]*$/, '$1')
          .replaceAll('\\/', '/'),
      ];
    default:
      return ['not_valid'];
  }
}
