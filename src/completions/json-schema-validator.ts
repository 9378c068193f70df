// Compiles and evaluates JSON Schemas that clients send: 2020-12, or draft-07 where `$schema` says so.
import { RetrievalError } from '@hyperjump/browser';
import { InvalidSchemaError, type SchemaObject } from '@hyperjump/json-schema/draft-2020-12';
import {
  buildSchemaDocument,
  type CompiledSchema,
  compile,
  getSchema,
  hasDialect,
} from '@hyperjump/json-schema/experimental';
import { ApiError } from '../contract/errors';
import { SCHEMA_LIMIT_BYTES } from '../contract/limits';
import type { Fault, Reason } from '../contract/messages/en-reasons';
import type { JsonSchema } from './json-schema';
import { evaluate, faultsOf, probe, type ValidationResult } from './json-schema-dialects';
import { WorkLimitError } from './json-schema-violations';
import { PatternError } from './linear-pattern';

const DEFAULT_DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** Where a schema without `$id` stands: a name that no one can own (RFC 2606). */
const BASE_URI = 'https://schema.invalid/';

/** References followed while one schema compiles. Only a chain that loops, or is built to be slow, needs more. */
const REFERENCES_LIMIT = 20_000;

/** A batch sends the same schema up to 50,000 times, and compiling takes a few milliseconds. */
const CACHE_LIMIT_CHARACTERS = 8 * SCHEMA_LIMIT_BYTES;

/** Compiled schemas by their text, the least recently used first. */
const cache = new Map<string, CompiledSchema>();
let cachedCharacters = 0;

/** As `json-schema.ts` describes it. */
export async function checkSchema(schema: JsonSchema): Promise<void> {
  await compiledSchema(schema);
}

/** As `json-schema.ts` describes it. */
export async function validate(schema: JsonSchema, value: unknown): Promise<ValidationResult> {
  const compiled = await compiledSchema(schema);
  try {
    return evaluate(compiled, value);
  } catch (error) {
    if (error instanceof RangeError) return { valid: false, faults: [{ place: '/', reason: ['too_deep'] }] };
    if (error instanceof WorkLimitError)
      return { valid: false, faults: [{ place: '/', reason: ['too_large'] }] };
    throw error;
  }
}

async function compiledSchema(schema: JsonSchema): Promise<CompiledSchema> {
  const text = JSON.stringify(schema);
  const cached = cache.get(text);
  if (cached !== undefined) {
    cache.delete(text);
    cache.set(text, cached);
    return cached;
  }
  if (text.length > SCHEMA_LIMIT_BYTES || new TextEncoder().encode(text).length > SCHEMA_LIMIT_BYTES) {
    throw new ApiError('invalid_request', { detail: ['schema_too_large', SCHEMA_LIMIT_BYTES / 1024] });
  }
  // A metaschema's `$vocabulary` would define a dialect for every request of this isolate.
  if (text.includes('"$vocabulary"')) throw unusable(['vocabulary_unsupported']);
  const compiled = await compileSchema(schema);
  remember(text, compiled);
  return compiled;
}

async function compileSchema(schema: JsonSchema): Promise<CompiledSchema> {
  const { $schema } = schema;
  if (typeof $schema === 'string' && !hasDialect($schema.replace(/#$/, ''))) {
    throw unusable(['dialect_unknown']);
  }
  let compiled: CompiledSchema;
  let documents: Set<string>;
  try {
    const document = buildSchemaDocument(schema as SchemaObject, BASE_URI, DEFAULT_DIALECT);
    documents = countReferences(document);
    // The document is handed over here and registered nowhere: no other schema can refer to it.
    const browser = { uri: BASE_URI, cursor: '', document, _cache: { [BASE_URI]: document } };
    compiled = await compile(await getSchema(BASE_URI, browser));
  } catch (error) {
    throw schemaError(error);
  }
  const outside = Object.keys(compiled.ast.metaData).find((uri) => !documents.has(uri));
  if (outside !== undefined) throw remote(outside);
  try {
    probe(compiled);
  } catch (error) {
    if (error instanceof RangeError) throw unusable(['schema_endless'], error);
    if (error instanceof WorkLimitError) throw unusable(['schema_too_slow'], error);
    throw error;
  }
  return compiled;
}

/** Every document within the schema, its references counted: a loop of nothing but references never ends. */
function countReferences(root: ReturnType<typeof buildSchemaDocument>): Set<string> {
  const documents = { ...root.embedded, [root.baseUri]: root };
  let references = 0;
  for (const document of Object.values(documents)) {
    const { anchorLocation } = document;
    document.anchorLocation = (anchor) => {
      references += 1;
      if (references > REFERENCES_LIMIT) throw new RangeError('references without end');
      return anchorLocation(anchor);
    };
  }
  return new Set(Object.keys(documents));
}

function remember(text: string, compiled: CompiledSchema): void {
  if (!cache.has(text)) cachedCharacters += text.length;
  cache.set(text, compiled);
  for (const oldest of cache.keys()) {
    if (cachedCharacters <= CACHE_LIMIT_CHARACTERS) break;
    cache.delete(oldest);
    cachedCharacters -= oldest.length;
  }
}

function schemaError(error: unknown): ApiError {
  if (error instanceof PatternError) return unusable(error.reason, error);
  if (error instanceof RangeError) return unusable(['schema_endless'], error);
  if (error instanceof InvalidSchemaError) return invalid(faultsOf(error.output), error);
  if (error instanceof RetrievalError) return remote(/'(.*?)'/.exec(error.message)?.[1] ?? '', error);
  if (error instanceof Error && /^(No (such anchor|schema found)|Value at )/.test(error.message)) {
    return unusable(['ref_dangling'], error);
  }
  return unusable(['schema_unreadable'], error);
}

function invalid(faults: Fault[], cause: unknown): ApiError {
  return new ApiError('invalid_request', { detail: ['schema_invalid', faults], cause });
}

/** The schema as a whole. */
function unusable(reason: Reason, cause?: unknown): ApiError {
  return invalid([{ place: null, reason }], cause);
}

function remote(uri: string, cause?: unknown): ApiError {
  const ref = uri.startsWith(BASE_URI) ? uri.slice(BASE_URI.length) : uri;
  return new ApiError('invalid_request', { detail: ['schema_remote_ref', ref], cause });
}
