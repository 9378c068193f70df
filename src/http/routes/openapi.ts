// GET /openapi.json: the document of the whole API, for anyone.
import { Hono } from 'hono';
import { matchesAnyTag } from '../../platform/entity-tag';
import { encodeHex } from '../../platform/hex';
import { type AppEnv, originOf } from '../context';

/** A deployment changes it, so it is asked for again, and mostly answered with 304. */
const CACHE_CONTROL = 'public, no-cache';

interface Rendered {
  origin: string;
  text: string;
  etag: string;
}

/** As it was last asked for: hardly a deployment has more than one origin. */
let rendered: Rendered | null = null;

export const openapiRoutes = new Hono<AppEnv>().get('/openapi.json', async (c) => {
  const origin = originOf(c);
  if (rendered?.origin !== origin) rendered = await render(origin);
  const { text, etag } = rendered;
  const headers = { ETag: etag, 'Cache-Control': CACHE_CONTROL };
  if (matchesAnyTag(c.req.header('if-none-match') ?? null, etag)) return c.body(null, 304, headers);
  return c.body(text, 200, { ...headers, 'Content-Type': 'application/json' });
});

async function render(origin: string): Promise<Rendered> {
  // Loaded when it is asked for: its table and examples would make every start of the Worker slower.
  const { openapiDocument } = await import('../openapi/document');
  const text = JSON.stringify(openapiDocument(origin));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return { origin, text, etag: `"${encodeHex(new Uint8Array(digest))}"` };
}
