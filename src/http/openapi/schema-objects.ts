// Turns zod schemas into OpenAPI's schema objects: named ones become references, all others stand where they are used.
import * as z from 'zod';
import { COMPONENTS } from './components';

export type JsonObject = Record<string, unknown>;

/** Where clients find a named schema. */
const COMPONENT_URI = '#/components/schemas/';

/**
 * What clients may send, and what answers have. An answer may get members in later versions, so its objects stay open;
 * `z.strictObject`, which refuses unknown members, says so.
 */
export class SchemaObjects {
  readonly #names = new Map<z.ZodType, string>(
    Object.entries(COMPONENTS).map(([name, schema]) => [schema, name]),
  );
  readonly #converted: Record<string, JsonObject>;

  /** @param inline every schema without a name that `of` will be asked for */
  constructor(inline: Iterable<z.ZodType>) {
    for (const schema of inline) {
      if (!this.#names.has(schema)) this.#names.set(schema, `inline ${this.#names.size}`);
    }
    const registry = z.registry<{ id: string }>();
    for (const [schema, id] of this.#names) registry.add(schema, { id });
    this.#converted = z.toJSONSchema(registry, {
      io: 'input',
      uri: (id) => COMPONENT_URI + id,
      override: ({ jsonSchema }) => tidy(jsonSchema),
    }).schemas as Record<string, JsonObject>;
  }

  /** The named schemas. */
  get components(): Record<string, JsonObject> {
    return Object.fromEntries(Object.keys(COMPONENTS).map((name) => [name, this.#bare(name)]));
  }

  /** A schema where it is used. */
  of(schema: z.ZodType): JsonObject {
    const name = this.#names.get(schema) ?? '';
    return name in COMPONENTS ? { $ref: COMPONENT_URI + name } : this.#bare(name);
  }

  #bare(name: string): JsonObject {
    const { $schema: _dialect, $id: _uri, ...schema } = this.#converted[name] ?? {};
    return schema;
  }
}

/** Leaves out what says nothing: the bounds of every safe integer, and patterns that a format stands for. */
function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format !== undefined) delete schema.pattern;
}
