// The native API as a plain HTTP client sees it, for what the official SDKs do not cover.
import type { AccountResponse, KeyResponse } from '../../src/contract/accounts.ts';

export interface Account extends AccountResponse {
  /** An API of this account's own, by its first key. */
  api: ApiClient;
  key: KeyResponse & { key: string };
}

export class ApiClient {
  readonly origin: string;
  readonly key: string;

  constructor(origin: string, key: string) {
    this.origin = origin;
    this.key = key;
  }

  /** The answer whatever its status. A body is sent as JSON. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(this.origin + path, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  get<T>(path: string): Promise<T> {
    return this.#json('GET', path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.#json('POST', path, body);
  }

  /** The answer's JSON; any status but 2xx throws it. */
  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
}

/** A new account with one key, made through the admin API. */
export async function newAccount(origin: string, adminKey: string, name: string): Promise<Account> {
  const admin = new ApiClient(origin, adminKey);
  const account = await admin.post<AccountResponse>('/api/v1/admin/accounts', { name });
  const key = await admin.post<Account['key']>(`/api/v1/admin/accounts/${account.id}/keys`, {
    name: 'first',
  });
  return { ...account, key, api: new ApiClient(origin, key.key) };
}
