// Every HTTP request to a provider. Its answer is not trusted further than it has to be: no redirect is followed, since the
// deployment's key would go with it, and an answer that is read whole has an end.

/** Far more than any completion, images inline included; all requests of an isolate share its 128 MB. */
export const ANSWER_LIMIT_BYTES = 32 * 1024 ** 2;

/** As `fetch`. A redirect comes back as the answer that it is. */
export async function providerFetch(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'manual' });
  const { body, headers } = response;
  // Streams are read event by event, and each event has its own limit.
  if (body === null || headers.get('content-type')?.startsWith('text/event-stream')) return response;
  if (isKnownToEnd(headers)) return response;
  return new Response(body.pipeThrough(limited()), response);
}

/** The length of a compressed answer says nothing of what it becomes. */
function isKnownToEnd(headers: Headers): boolean {
  const length = headers.get('content-length');
  return length !== null && !headers.has('content-encoding') && Number(length) <= ANSWER_LIMIT_BYTES;
}

function limited(): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > ANSWER_LIMIT_BYTES) throw new RangeError(`the answer has over ${ANSWER_LIMIT_BYTES} bytes`);
      controller.enqueue(chunk);
    },
  });
}
