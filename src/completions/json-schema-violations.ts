// What a value does wrong under a JSON Schema; gathered while hyperjump evaluates, within a budget of work.
import type { EvaluationPlugin, Keyword, ValidationContext } from '@hyperjump/json-schema/experimental';
import * as Instance from '@hyperjump/json-schema/instance/experimental';
import { type Fault, faultSentence, type Reason } from '../contract/messages/en-reasons';
import { cutText } from '../platform/cut-text';

type JsonNode = Parameters<typeof Instance.uri>[0];
type KeywordNode = [keywordId: string, location: string, value: unknown];

/** More than a model needs to repair its answer, or a person to see the point. */
const VIOLATIONS_LIMIT = 10;
const QUOTE_LIMIT_CHARACTERS = 200;

/** A million evaluations take about a second. Schemas can demand exponentially many: `allOf` of two `$ref`s, nested. */
export const WORK_LIMIT_STEPS = 1_000_000;

/** Subschemas being evaluated inside one another. The stack holds some 1,300, and overflows at no certain place. */
const DEPTH_LIMIT_SCHEMAS = 1_000;

/** A value that takes more work to check than it is given. */
export class WorkLimitError extends Error {
  override readonly name = 'WorkLimitError';
}

interface Violation {
  instance: JsonNode;
  keywordId: string;
  value: unknown;
}

/** Violations of subschemas hang on the context of the keyword that applied them, and count only if it fails. */
interface CollectingContext extends ValidationContext {
  violations?: (Violation | Violation[])[];
}

/**
 * An evaluation plugin for one validation. `workOf` is what a keyword costs beyond one step.
 * Evaluation throws `WorkLimitError`, and `RangeError` where it goes too deep.
 */
export class ViolationCollector implements EvaluationPlugin<CollectingContext> {
  readonly id = 'violations';
  readonly #workOf: (node: KeywordNode, instance: JsonNode) => number;
  readonly #limitSteps: number;
  #steps = 0;
  #depth = 0;
  #violations: NonNullable<CollectingContext['violations']> = [];

  constructor(workOf: (node: KeywordNode, instance: JsonNode) => number, limitSteps: number) {
    this.#workOf = workOf;
    this.#limitSteps = limitSteps;
  }

  /** The faults, none twice. */
  get faults(): Fault[] {
    const violations = (this.#violations as unknown[]).flat(Number.POSITIVE_INFINITY) as Violation[];
    const bySentence = new Map(violations.map(fault).map((one) => [faultSentence(one), one]));
    return Array.from(bySentence.values()).slice(0, VIOLATIONS_LIMIT);
  }

  beforeSchema(): void {
    this.#spend(1);
    this.#depth += 1;
    if (this.#depth > DEPTH_LIMIT_SCHEMAS) throw new RangeError('evaluation goes too deep');
  }

  beforeKeyword(node: KeywordNode, instance: JsonNode): void {
    this.#spend(this.#workOf(node, instance));
  }

  afterKeyword(
    [keywordId, , value]: KeywordNode,
    instance: JsonNode,
    context: CollectingContext,
    valid: boolean,
    schemaContext: CollectingContext,
    keyword: Keyword<unknown>,
  ): void {
    if (valid) return;
    schemaContext.violations ??= [];
    const { violations } = schemaContext;
    if (violations.length >= VIOLATIONS_LIMIT) return;
    if (keyword.simpleApplicator !== true) violations.push({ instance, keywordId, value });
    if (context.violations !== undefined) violations.push(context.violations as Violation[]);
  }

  afterSchema(url: string, instance: JsonNode, context: CollectingContext, valid: boolean): void {
    this.#depth -= 1;
    if (!valid && typeof context.ast[url] === 'boolean') {
      context.violations ??= [];
      if (context.violations.length < VIOLATIONS_LIMIT) {
        context.violations.push({ instance, keywordId: FALSE_SCHEMA, value: false });
      }
    }
    this.#violations = context.violations ?? [];
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#limitSteps) throw new WorkLimitError();
  }
}

const FALSE_SCHEMA = 'false';

function fault({ instance, keywordId, value }: Violation): Fault {
  const { pointer } = instance;
  // hyperjump marks the name of a property, which `propertyNames` checks, with an asterisk.
  const isName = pointer.startsWith('*');
  const place = cut(isName ? pointer.slice(1) : pointer === '' ? '/' : pointer);
  const keyword = keywordId.slice(keywordId.lastIndexOf('/') + 1);
  return { place, ...(isName && { isName }), reason: reasonFor(keyword, value, instance) };
}

function reasonFor(keyword: string, value: unknown, instance: JsonNode): Reason {
  switch (keyword) {
    case FALSE_SCHEMA:
      return ['not_allowed'];
    case 'type':
      return ['must_be_type', list(value).map(String)];
    case 'required':
      return ['must_have', quoted(missingOf(list(value), instance))];
    case 'enum':
      return ['must_be_one_of', cut(list(value).join(', '))];
    case 'const':
      return ['must_be', cut(String(value))];
    case 'minimum':
      return ['must_be_at_least', String(value)];
    case 'maximum':
      return ['must_be_at_most', String(value)];
    case 'exclusiveMinimum':
      return ['must_be_greater', String(value)];
    case 'exclusiveMaximum':
      return ['must_be_less', String(value)];
    case 'multipleOf':
      return ['must_be_multiple', String(value)];
    case 'minLength':
      return ['characters_too_few', String(value)];
    case 'maxLength':
      return ['characters_too_many', String(value)];
    case 'pattern':
      return ['must_match', cut(patternSource(value))];
    case 'minItems':
      return ['items_too_few', String(value)];
    case 'maxItems':
      return ['items_too_many', String(value)];
    case 'uniqueItems':
      return ['items_repeated'];
    case 'contains':
      return ['items_not_contained'];
    case 'minProperties':
      return ['properties_too_few', String(value)];
    case 'maxProperties':
      return ['properties_too_many', String(value)];
    case 'dependentRequired':
      return ['property_lacking'];
    case 'anyOf':
      return ['none_matches'];
    case 'oneOf':
      return ['not_exactly_one'];
    case 'not':
      return ['must_not_match'];
    default:
      return ['keyword_violated', keyword];
  }
}

function missingOf(names: unknown[], instance: JsonNode): unknown[] {
  return names.filter((name) => !Instance.has(String(name), instance));
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function quoted(names: unknown[]): string {
  return cut(names.map((name) => JSON.stringify(name)).join(', '));
}

function patternSource(value: unknown): string {
  return typeof value === 'object' && value !== null && 'source' in value ? String(value.source) : '';
}

function cut(text: string): string {
  return text.length > QUOTE_LIMIT_CHARACTERS ? `${cutText(text, QUOTE_LIMIT_CHARACTERS)}…` : text;
}
