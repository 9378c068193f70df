// Which scope of a key a route needs: by the first part of its path, and by whether it only reads.
import type { Scope } from '../contract/accounts';

/** For reading and for everything else. Routes that are not here, such as models, need none. */
const SCOPES: Record<string, { read: Scope; write: Scope }> = {
  chat: { read: 'chat', write: 'chat' },
  files: { read: 'files:read', write: 'files' },
  uploads: { read: 'files:read', write: 'files' },
  batches: { read: 'batches:read', write: 'batches' },
  usage: { read: 'usage', write: 'usage' },
  webhooks: { read: 'webhooks:read', write: 'webhooks' },
};

export function scopeOf(method: string, path: string): Scope | null {
  const part = /^\/(?:api\/)?v1\/([^/]+)/.exec(path)?.[1] ?? '';
  if (!Object.hasOwn(SCOPES, part)) return null;
  return SCOPES[part]?.[method === 'GET' || method === 'HEAD' ? 'read' : 'write'] ?? null;
}
