// Why something was refused, in English: what the sentences of `en.ts` end with. `ko-reasons.ts` has the same keys.
export const enReasons = {
  // Of JSON.
  json_unexpected: (found: string, line: number, column: number) =>
    `unexpected ${found} at ${placeOf(line, column)}`,
  json_ends: (line: number, column: number) => `it ends too early, at ${placeOf(line, column)}`,
  // Of a URL to be called.
  url_incomplete: () => 'it is not a complete URL, e.g. https://example.com/path',
  url_not_https: () => 'it must start with https://',
  url_not_http: () => 'it must start with https:// or http://',
  url_plain_http: () => 'it must start with https://, not http://',
  url_credentials: () => 'it must not contain a user name or password',
  name_not_public: (name: string) => `the name "${name}" is not a public one`,
  address_not_public: (address: string) => `the address ${address} is not a public one`,
  port_refused: (port: string, allowed: readonly string[]) =>
    `port ${port} is not allowed, only ${allowed.slice(0, -1).join(', ')} and ${allowed.at(-1)} are`,
  name_leads_inside: (name: string) => `the name "${name}" leads to an address that is not a public one`,
  name_unresolved: (name: string) => `the name "${name}" could not be resolved`,
  // Of a multipart body.
  boundary_missing: () => 'its content type names no boundary',
  boundary_invalid: () => 'its content type names a boundary that is not one',
  no_parts_found: () => 'its boundary does not occur in it',
  boundary_line_malformed: () => 'something follows a boundary on its line',
  header_malformed: () => 'a header of a part is malformed',
  headers_too_large: () => 'the headers of a part are too large',
  disposition_missing: () => 'a part has no "Content-Disposition: form-data"',
  name_missing: () => 'a part has no name',
  encoding_unsupported: () => 'a part has a Content-Transfer-Encoding',
  too_many_parts: () => 'it has too many parts',
  epilogue_too_large: () => 'too much follows its last boundary',
  // Of a JSON Schema.
  vocabulary_unsupported: () => '"$vocabulary" is not supported',
  dialect_unknown: () => '"$schema" must be JSON Schema 2020-12 or draft-07',
  schema_endless: () => 'it refers to itself without end, or is nested too deeply',
  schema_too_slow: () => 'it takes too many steps to evaluate',
  ref_dangling: () => 'a "$ref" points to nothing in it',
  schema_unreadable: () => 'it cannot be read as a JSON Schema',
  pattern_too_long: (characters: number) => `a pattern may have ${characters} characters`,
  pattern_malformed: (pattern: string) => `the pattern ${pattern} is malformed or too large`,
  pattern_lookaround: (pattern: string) =>
    `the pattern ${pattern} uses lookaround or modifiers, which cannot be matched in linear time`,
  pattern_backreference: (pattern: string) =>
    `the pattern ${pattern} uses backreferences, which cannot be matched in linear time`,
  pattern_escape: (pattern: string, sequence: string) =>
    `the pattern ${pattern} uses ${sequence}, which cannot be matched in linear time`,
  patterns_too_large: () => 'its patterns are too large together',
  // Of a value under a JSON Schema.
  too_deep: () => 'is nested too deeply to be checked',
  too_large: () => 'is too large to be checked',
  not_allowed: () => 'is not allowed',
  must_be_type: (types: readonly string[]) => `must be ${types.map(typeName).join(' or ')}`,
  must_have: (names: string) => `must have ${names}`,
  must_be_one_of: (values: string) => `must be one of ${values}`,
  must_be: (value: string) => `must be ${value}`,
  must_be_at_least: (limit: string) => `must be at least ${limit}`,
  must_be_at_most: (limit: string) => `must be at most ${limit}`,
  must_be_greater: (limit: string) => `must be greater than ${limit}`,
  must_be_less: (limit: string) => `must be less than ${limit}`,
  must_be_multiple: (divisor: string) => `must be a multiple of ${divisor}`,
  characters_too_few: (limit: string) => `must have at least ${counted(limit, 'character', 'characters')}`,
  characters_too_many: (limit: string) => `must have at most ${counted(limit, 'character', 'characters')}`,
  must_match: (pattern: string) => `must match the pattern ${pattern}`,
  items_too_few: (limit: string) => `must have at least ${counted(limit, 'item', 'items')}`,
  items_too_many: (limit: string) => `must have at most ${counted(limit, 'item', 'items')}`,
  items_repeated: () => 'must not repeat an item',
  items_not_contained: () => 'must contain the right number of matching items',
  properties_too_few: (limit: string) => `must have at least ${counted(limit, 'property', 'properties')}`,
  properties_too_many: (limit: string) => `must have at most ${counted(limit, 'property', 'properties')}`,
  property_lacking: () => 'lacks a property that another one requires',
  none_matches: () => 'must match at least one of the alternatives',
  not_exactly_one: () => 'must match exactly one of the alternatives',
  must_not_match: () => 'matches what it must not match',
  keyword_violated: (keyword: string) => `does not satisfy "${keyword}"`,
  // Of what was sent, beside those.
  missing: () => 'is missing',
  wrong_type: (expected: readonly string[], received: string) =>
    `must be ${expected.map(typeName).join(' or ')}, not ${typeName(received)}`,
  fits_nothing: () => 'has none of the forms it may have',
  members_unknown: (names: readonly string[], unnamed: number) =>
    `must not have ${names.map((name) => JSON.stringify(name)).join(', ')}${unnamed > 0 ? ` and ${unnamed} more` : ''}`,
  must_be_time: () => 'must be a time, e.g. 2026-01-31T09:00:00Z',
  must_be_day: () => 'must be a day, e.g. 2026-01-31',
  not_valid: () => 'is not valid',
  // Of a model's answer.
  answer_not_json: () => 'the answer is not JSON',
  answer_no_object: () => 'the answer is not a JSON object',
  answer_cut_off: () => 'the answer was cut off at its token limit',
  tool_unknown: (name: string) => `there is no tool "${name}"`,
  tool_not_chosen: (name: string) => `tool_choice does not allow a call of "${name}"`,
  arguments_no_object: (name: string) => `the arguments of "${name}" are not a JSON object`,
  call_required: (names: readonly string[]) =>
    `tool_choice requires a call of ${names.map((name) => `"${name}"`).join(' or ')}`,
};

export type Reasons = typeof enReasons;

/** One reason: its key in the catalogue, then its values. */
export type Reason = { [K in keyof Reasons]: [key: K, ...values: Parameters<Reasons[K]>] }[keyof Reasons];

/** Something wrong at a place. */
export interface Fault {
  /** As people read it, e.g. `/city`; null for the whole. */
  place: string | null;
  /** It is the name of the property there that is wrong. */
  isName?: boolean;
  reason: Reason;
}

/** A reason in the words of a language. */
export function tell(reasons: Reasons, [key, ...values]: Reason): string {
  // As with details: the catalogue's type ties each key to its values, which TypeScript cannot follow here.
  return (reasons[key] as (...values: unknown[]) => string)(...values);
}

/** Faults as English sentences with their places: `/city: must be a string`. */
export function faultSentence({ place, isName, reason }: Fault): string {
  const text = tell(enReasons, reason);
  return place === null ? text : `${isName ? `the name of ${place}` : place}: ${text}`;
}

export function faultSentences(faults: readonly Fault[]): string {
  return faults.map(faultSentence).join('; ');
}

/** Most bodies, and every line of a file, have one line. */
function placeOf(line: number, column: number): string {
  return line === 1 ? `column ${column}` : `line ${line}, column ${column}`;
}

function counted(count: string, one: string, many: string): string {
  return `${count} ${count === '1' ? one : many}`;
}

function typeName(type: string): string {
  if (type === 'null') return 'null';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
