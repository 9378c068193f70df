// Holds the OpenAPI document to the specification, by a validator that knows nothing of this project.
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { openapiDocument } from '../../src/http/openapi/document.ts';

it('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const result = await validator.validate(
    JSON.parse(JSON.stringify(openapiDocument('http://127.0.0.1:8787'))),
  );
  expect(result).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

it('the validator finds what is wrong', async () => {
  const document = JSON.parse(JSON.stringify(openapiDocument('http://127.0.0.1:8787')));
  delete document.paths['/healthz'].get.responses['200'].description;
  const { valid, errors } = await new Validator().validate(document);
  expect(valid).toBe(false);
  expect(JSON.stringify(errors)).toContain('/paths/~1healthz/get/responses/200');
});
