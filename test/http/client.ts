// What HTTP tests share: accounts of their own, and requests as a client sends them.
import { exports } from 'cloudflare:workers';
import type { AccountCreate, AccountResponse, KeyCreated, Limits } from '../../src/contract/accounts';
import { checked } from '../openapi/response-checker';

export const ORIGIN = 'http://quire';
export const ADMIN_KEY = 'admin-test';

export interface ErrorAnswer {
  error: { type: string; code: string; message: string; param: string | null; request_id: string };
}

export interface Call {
  /** Sent as JSON, with its content type. */
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
}

/** One request, with this key unless it is null. Its answer is held to the OpenAPI document. */
export async function send(
  key: string | null,
  method: string,
  path: string,
  call: Call = {},
): Promise<Response> {
  const { json, body, headers } = call;
  const response = await exports.default.fetch(ORIGIN + path, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(body !== undefined && { body }),
  });
  return checked(method, ORIGIN + path, response);
}

export function admin(method: string, path: string, call?: Call): Promise<Response> {
  return send(ADMIN_KEY, method, `/api/v1/admin${path}`, call);
}

export async function newAccount(create: AccountCreate = { name: 'test' }): Promise<AccountResponse> {
  return (await admin('POST', '/accounts', { json: create })).json();
}

export async function newKey(accountId: string, create: object = { name: 'test' }): Promise<KeyCreated> {
  return (await admin('POST', `/accounts/${accountId}/keys`, { json: create })).json();
}

export interface Client {
  accountId: string;
  keyId: string;
  key: string;
  send: (method: string, path: string, call?: Call) => Promise<Response>;
  /** The JSON of an answer, whatever its status. */
  json: <T>(method: string, path: string, call?: Call) => Promise<T>;
}

/** A client of a fresh account, held to these limits. */
export async function newClient(limits: Limits = {}): Promise<Client> {
  return clientOf((await newAccount({ name: 'test', limits })).id);
}

/** A client by a new key of an account. */
export async function clientOf(accountId: string, create?: object): Promise<Client> {
  const { id: keyId, key } = await newKey(accountId, create);
  return {
    accountId,
    keyId,
    key,
    send: (method, path, call) => send(key, method, path, call),
    json: async (method, path, call) => (await send(key, method, path, call)).json(),
  };
}

/** The error of an answer. */
export async function errorOf(response: Response): Promise<ErrorAnswer['error']> {
  return (await response.json<ErrorAnswer>()).error;
}
