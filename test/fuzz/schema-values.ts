// Makes values that fit a schema of the OpenAPI document. What a schema cannot say, such as which ids exist, hints do.
import { API_DOCUMENT } from '../openapi/api-document';
import type { Choice } from './choice.ts';
import { oddText } from './odd-values.ts';

/** JSON Schema as the document uses it. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  maxProperties?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  contentMediaType?: string;
}

/** Values for members by their names; undefined leaves the value to the schema. */
export type Hints = (name: string) => unknown;

/** Whole texts, of which each pattern of the document is met by one at least. */
const PATTERN_TEXTS = [
  '7',
  '3600',
  '86400',
  '24h',
  '30m',
  '168h',
  'answer',
  'get_weather',
  'd41d8cd98f00b204e9800998ecf8427e',
];

const ORDINARY_TEXTS = [
  'hello',
  'What is the weather in Seoul?',
  '서울 날씨를 알려 줘',
  'a "quoted" \\ text\nof two lines',
  '😀',
];

/** Beyond it, members that may be left out are. */
const DEPTH_LIMIT = 6;

export class SchemaValues {
  readonly #choice: Choice;
  readonly #hints: Hints;

  constructor(choice: Choice, hints: Hints) {
    this.#choice = choice;
    this.#hints = hints;
  }

  /** @param name the member it is for */
  of(schema: Schema, name = '', depth = 0): unknown {
    if ('const' in schema) return schema.const;
    const hinted = this.#choice.chance(0.95) ? this.#hints(name) : undefined;
    if (hinted !== undefined) return hinted;
    if (schema.$ref !== undefined) return this.of(referred(schema.$ref), name, depth);
    const branches = schema.anyOf ?? schema.oneOf;
    if (branches !== undefined) return this.of(this.#choice.pick(branches), name, depth);
    if (schema.enum !== undefined) return this.#choice.pick(schema.enum);
    const type = Array.isArray(schema.type) ? this.#choice.pick(schema.type) : schema.type;
    switch (type) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#array(schema, name, depth);
      case 'string':
        return this.#text(schema);
      case 'integer':
      case 'number':
        return this.#number(schema, type);
      case 'boolean':
        return this.#choice.chance(0.5);
      case 'null':
        return null;
      default:
        return this.#choice.pick<unknown>([{}, [], 'anything', 0, null]);
    }
  }

  #object(schema: Schema, depth: number): Record<string, unknown> {
    const { properties = {}, required = [], additionalProperties } = schema;
    const value: Record<string, unknown> = {};
    for (const [name, property] of Object.entries(properties)) {
      const isLeftOut = depth >= DEPTH_LIMIT || !this.#choice.chance(0.25);
      if (required.includes(name) || !isLeftOut) value[name] = this.of(property, name, depth + 1);
    }
    if (typeof additionalProperties === 'object' && Object.keys(properties).length === 0) {
      for (let count = this.#choice.int(0, 3); count > 0; count--)
        value[`key ${count}`] = this.of(additionalProperties, '', depth + 1);
    }
    return value;
  }

  #array(
    { items = {}, minItems = 0, maxItems = Number.POSITIVE_INFINITY }: Schema,
    name: string,
    depth: number,
  ): unknown[] {
    const most = Math.min(maxItems, minItems + (depth >= DEPTH_LIMIT ? 0 : 2));
    return Array.from({ length: this.#choice.int(minItems, most) }, () =>
      this.of(items, `${name}[]`, depth + 1),
    );
  }

  #text({ pattern, format, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Schema): string {
    if (format === 'date-time')
      return this.#choice.pick(['2030-01-01T00:00:00Z', '2031-12-31T23:59:59.999Z', '2020-02-29T12:00:00Z']);
    if (format === 'date') return this.#choice.pick(['2026-11-01', '2026-01-31', '2030-12-31', '2024-02-29']);
    if (pattern !== undefined) {
      const fitting = PATTERN_TEXTS.filter((text) => new RegExp(pattern).test(text));
      if (fitting.length === 0) throw new Error(`no text is known for the pattern ${pattern}`);
      return this.#choice.pick(fitting);
    }
    const text = this.#choice.chance(0.8) ? this.#choice.pick(ORDINARY_TEXTS) : oddText(this.#choice);
    const fits = text.length >= minLength && text.length <= maxLength;
    return fits ? text : 'x'.repeat(Math.max(minLength, 1));
  }

  #number({ minimum = 0, maximum = 1000 }: Schema, type: string): number {
    const least = Math.max(minimum, -1e6);
    const most = Math.min(maximum, least + 1000, 1e6);
    const whole = this.#choice.pick([least, most, this.#choice.int(Math.ceil(least), Math.floor(most))]);
    return type === 'number' && this.#choice.chance(0.5) ? Math.min(whole + 0.25, maximum) : whole;
  }
}

function referred(reference: string): Schema {
  const schema = API_DOCUMENT.components.schemas[reference.split('/').at(-1) ?? ''];
  if (schema === undefined) throw new Error(`${reference} points to nothing`);
  return schema as Schema;
}
