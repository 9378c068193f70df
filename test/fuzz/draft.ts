// A request while it is being made, and what can be done to it.
import type { FoundOperation } from '../openapi/api-document';
import type { WireRequest } from './wire-request.ts';
import type { Caller, IdKind } from './world.ts';

export interface Draft extends Omit<WireRequest, 'target'> {
  caller: Caller;
  /** Whose key it carries; null where that key is refused or missing. */
  account: string | null;
  path: string;
  query: string;
}

/** What an id in a path is of, by the segment before it. */
export const KIND_OF_PATH: Record<string, IdKind> = {
  files: 'file',
  uploads: 'upload',
  batches: 'batch',
  webhooks: 'we',
  accounts: 'acct',
};

export function formFieldOf({ path }: FoundOperation): 'file' | 'data' {
  return path.endsWith('/parts') ? 'data' : 'file';
}

/** Of an object that never was. */
export function unknownId(kind: IdKind): string {
  return `${kind}_${kind === 'batch' ? '0'.repeat(12) : '0'.repeat(24)}`;
}

export function setBody(draft: Draft, type: string, bytes: Buffer): void {
  draft.body = bytes;
  setHeader(draft, 'Content-Type', type);
}

export function setHeader(draft: Draft, name: string, value: string): void {
  draft.headers = draft.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  if (value !== '' || name !== 'Content-Type') draft.headers.push([name, value]);
}
