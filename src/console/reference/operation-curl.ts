// An operation as a curl command, filled with the document's examples.
import { type CurlRequest, curlCommand } from '../curl-command';
import type { OpenApiDocument, Operation } from './openapi';

/**
 * @param path of the operation
 * @param example the body to send; `undefined` where the operation has none in JSON
 */
export function operationCurl(
  document: OpenApiDocument,
  operation: Operation,
  path: string,
  example: unknown,
): string {
  const origin = document.servers[0]?.url ?? '';
  const filled = path.replace(/\{(\w+)\}/g, (placeholder, name) => {
    const parameter = operation.parameters.find((one) => one.in === 'path' && one.name === name);
    return String(parameter?.example ?? placeholder);
  });
  return curlCommand({
    method: operation.method,
    url: origin + filled,
    keyVariable: keyVariableOf(operation),
    body: example,
    form: formOf(operation),
  });
}

function keyVariableOf({ security }: Operation): CurlRequest['keyVariable'] {
  if (security.length === 0) return null;
  return security.some((one) => 'adminKey' in one) ? 'QUIRE_ADMIN_KEY' : 'QUIRE_API_KEY';
}

/** The required fields of a form, and what a file is for. */
function formOf({ requestBody }: Operation): string[] {
  const schema = requestBody?.content['multipart/form-data']?.schema;
  const { properties = {}, required = [] } = schema ?? {};
  return Object.entries(properties).flatMap(([name, property]) => {
    if (property.contentMediaType !== undefined) return [`${name}=@input.jsonl`];
    if (name !== 'purpose' && !required.includes(name)) return [];
    return [`${name}=${property.enum?.includes('batch') ? 'batch' : (property.enum?.[0] ?? '…')}`];
  });
}
