// What a value does wrong under a JSON Schema, in our words; gathered while hyperjump evaluates, within a budget of work.
import type { EvaluationPlugin, Keyword, ValidationContext } from '@hyperjump/json-schema/experimental';
import * as Instance from '@hyperjump/json-schema/instance/experimental';

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

  /** Readable sentences, each with its place: `/city: must be a string`. */
  get sentences(): string[] {
    const violations = (this.#violations as unknown[]).flat(Number.POSITIVE_INFINITY) as Violation[];
    return [...new Set(violations.map(sentence))].slice(0, VIOLATIONS_LIMIT);
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

function sentence({ instance, keywordId, value }: Violation): string {
  const { pointer } = instance;
  // hyperjump marks the name of a property, which `propertyNames` checks, with an asterisk.
  const place = pointer.startsWith('*') ? `the name of ${pointer.slice(1)}` : pointer === '' ? '/' : pointer;
  const keyword = keywordId.slice(keywordId.lastIndexOf('/') + 1);
  return `${cut(place)}: ${wording(keyword, value, instance)}`;
}

function wording(keyword: string, value: unknown, instance: JsonNode): string {
  switch (keyword) {
    case FALSE_SCHEMA:
      return 'is not allowed';
    case 'type':
      return `must be ${list(value).map(typeName).join(' or ')}`;
    case 'required':
      return `must have ${quoted(missingOf(list(value), instance))}`;
    case 'enum':
      return `must be one of ${cut(list(value).join(', '))}`;
    case 'const':
      return `must be ${cut(String(value))}`;
    case 'minimum':
      return `must be at least ${value}`;
    case 'maximum':
      return `must be at most ${value}`;
    case 'exclusiveMinimum':
      return `must be greater than ${value}`;
    case 'exclusiveMaximum':
      return `must be less than ${value}`;
    case 'multipleOf':
      return `must be a multiple of ${value}`;
    case 'minLength':
      return `must have at least ${value} characters`;
    case 'maxLength':
      return `must have at most ${value} characters`;
    case 'pattern':
      return `must match the pattern ${cut(patternSource(value))}`;
    case 'minItems':
      return `must have at least ${value} items`;
    case 'maxItems':
      return `must have at most ${value} items`;
    case 'uniqueItems':
      return 'must not repeat an item';
    case 'contains':
      return 'must contain the right number of matching items';
    case 'minProperties':
      return `must have at least ${value} properties`;
    case 'maxProperties':
      return `must have at most ${value} properties`;
    case 'dependentRequired':
      return 'lacks a property that another one requires';
    case 'anyOf':
      return 'must match at least one of the alternatives';
    case 'oneOf':
      return 'must match exactly one of the alternatives';
    case 'not':
      return 'matches what it must not match';
    default:
      return `does not satisfy "${keyword}"`;
  }
}

function missingOf(names: unknown[], instance: JsonNode): unknown[] {
  return names.filter((name) => !Instance.has(String(name), instance));
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function typeName(type: unknown): string {
  if (type === 'null') return 'null';
  return /^[aeiou]/.test(String(type)) ? `an ${type}` : `a ${type}`;
}

function quoted(names: unknown[]): string {
  return cut(names.map((name) => JSON.stringify(name)).join(', '));
}

function patternSource(value: unknown): string {
  return typeof value === 'object' && value !== null && 'source' in value ? String(value.source) : '';
}

function cut(text: string): string {
  return text.length > QUOTE_LIMIT_CHARACTERS ? `${text.slice(0, QUOTE_LIMIT_CHARACTERS)}…` : text;
}
