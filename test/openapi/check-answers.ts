// Set up before each file of end-to-end tests: every answer of Quire's to a `fetch`, of official clients too, is held to
// the OpenAPI document. An answer that is not as documented rejects the `fetch`; a stream fails at its end.
import { setImmediate } from 'node:timers/promises';
import { checked } from './response-checker.ts';

const plainFetch = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const request = input instanceof Request ? input : null;
  const method = init?.method ?? request?.method ?? 'GET';
  // A test that computed for seconds has not heard yet that the server closed an idle connection, and would write to it.
  await setImmediate();
  const response = await plainFetch(input, init);
  // Tests also speak to mocks of providers and to pages of the console. What is Quire's API says so.
  if (!response.headers.has('x-request-id')) return response;
  return checked(method.toUpperCase(), request?.url ?? String(input), response);
};
