// JSON Schema at run time, loaded with the first schema that comes: its libraries take longer to evaluate than all else.
import type { ValidationResult } from './json-schema-dialects';

export type JsonSchema = Record<string, unknown>;

/**
 * Checks that a schema can be used: valid under its metaschema, within the limits, no reference out of it.
 * Throws `ApiError('invalid_request')` without a param, which the caller knows.
 */
export async function checkSchema(schema: JsonSchema): Promise<void> {
  const validator = await import('./json-schema-validator');
  return validator.checkSchema(schema);
}

/**
 * Validates a JSON value. There are at most ten faults, each with its place.
 * Throws as `checkSchema` does.
 */
export async function validate(schema: JsonSchema, value: unknown): Promise<ValidationResult> {
  const validator = await import('./json-schema-validator');
  return validator.validate(schema, value);
}
