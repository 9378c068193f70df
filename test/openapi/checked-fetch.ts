// A `fetch` for clients of the real server, official ones too: every answer is held to the OpenAPI document.
import { checked } from './response-checker.ts';

/** As `fetch`. @throws Error where an answer is not as documented; a stream throws it at its end */
export const checkedFetch: typeof fetch = async (input, init) => {
  const request = input instanceof Request ? input : null;
  const url = request?.url ?? String(input);
  const method = init?.method ?? request?.method ?? 'GET';
  return checked(method.toUpperCase(), url, await fetch(input, init));
};
