// What a key may be held to, as the contract lists it: its own list stands beside zod schemas, which the console does without.
import type { Scope } from '../../contract/accounts';

/** A table and not a list: a scope that is forgotten does not compile. */
const SCOPES: Record<Scope, true> = {
  chat: true,
  files: true,
  'files:read': true,
  batches: true,
  'batches:read': true,
  usage: true,
  webhooks: true,
  'webhooks:read': true,
};

export const KEY_SCOPES = Object.keys(SCOPES) as Scope[];
