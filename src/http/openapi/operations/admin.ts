// The admin API: accounts and their keys.
import {
  accountCreate,
  accountResponse,
  accountUpdate,
  auditEntry,
  auditListQuery,
  keyCreate,
  keyCreated,
  keyResponse,
} from '../../../contract/accounts';
import { deletionOf, listOf, listQuery } from '../../../contract/lists';
import { ACCOUNT, ACCOUNT_REQUESTS, ACCOUNT_UPDATES, KEY_REQUESTS, NEW_KEY } from '../examples/accounts';
import { ACCOUNT_ID, KEY_ID } from '../examples/ids';
import { json, type Operation } from '../operation';

const accountParameter = { id: { description: "The account's id", example: ACCOUNT_ID } };
const examples = { account: { summary: 'An account', value: ACCOUNT } };

export const adminOperations = (): Operation[] => [
  {
    method: 'post',
    path: '/api/v1/admin/accounts',
    id: 'createAccount',
    tag: 'Admin',
    summary: 'Create an account',
    description: 'An account with its limits. A limit that is left out or null is none.',
    security: 'admin',
    body: { content: json(accountCreate, ACCOUNT_REQUESTS) },
    answers: { 201: { description: 'The account.', content: json(accountResponse, examples) } },
    errors: ['body_invalid', 'body_too_large'],
  },
  {
    method: 'get',
    path: '/api/v1/admin/accounts',
    id: 'listAccounts',
    tag: 'Admin',
    summary: 'List accounts',
    description: 'All accounts of the deployment.',
    security: 'admin',
    query: listQuery,
    answers: { 200: { description: 'A page of accounts.', content: json(listOf(accountResponse)) } },
    errors: ['query_invalid'],
  },
  {
    method: 'get',
    path: '/api/v1/admin/accounts/{id}',
    id: 'getAccount',
    tag: 'Admin',
    summary: 'Get an account',
    description: 'Its name, limits and status.',
    security: 'admin',
    pathParameters: accountParameter,
    answers: { 200: { description: 'The account.', content: json(accountResponse, examples) } },
    errors: ['account_not_found'],
  },
  {
    method: 'patch',
    path: '/api/v1/admin/accounts/{id}',
    id: 'updateAccount',
    tag: 'Admin',
    summary: 'Update an account',
    description:
      'What is left out stays as it is, each limit by itself; a limit set to null is lifted. `status: "suspended"` refuses all its keys.',
    security: 'admin',
    pathParameters: accountParameter,
    body: { content: json(accountUpdate, ACCOUNT_UPDATES) },
    answers: { 200: { description: 'The account as it now is.', content: json(accountResponse) } },
    errors: ['body_invalid', 'account_not_found', 'body_too_large'],
  },
  {
    method: 'post',
    path: '/api/v1/admin/accounts/{id}/keys',
    id: 'createKey',
    tag: 'Admin',
    summary: 'Create a key',
    description: 'The answer shows the key, this once: only its hash is stored.',
    security: 'admin',
    pathParameters: accountParameter,
    body: { content: json(keyCreate, KEY_REQUESTS) },
    answers: {
      201: {
        description: 'The key.',
        content: json(keyCreated, { key: { summary: 'A new key', value: NEW_KEY } }),
      },
    },
    errors: ['body_invalid', 'account_not_found', 'body_too_large'],
  },
  {
    method: 'get',
    path: '/api/v1/admin/accounts/{id}/keys',
    id: 'listKeys',
    tag: 'Admin',
    summary: 'List keys',
    description: 'The keys of the account, revoked ones included, without their secrets.',
    security: 'admin',
    pathParameters: accountParameter,
    query: listQuery,
    answers: { 200: { description: 'A page of keys.', content: json(listOf(keyResponse)) } },
    errors: ['query_invalid', 'account_not_found'],
  },
  {
    method: 'delete',
    path: '/api/v1/admin/accounts/{id}/keys/{key_id}',
    id: 'revokeKey',
    tag: 'Admin',
    summary: 'Revoke a key',
    description: 'The key is refused at once. It stays in the list with the time.',
    security: 'admin',
    pathParameters: { ...accountParameter, key_id: { description: "The key's id", example: KEY_ID } },
    answers: {
      200: {
        description: 'It is revoked.',
        content: json(deletionOf('key'), {
          revoked: { summary: 'Revoked', value: { id: KEY_ID, object: 'key', deleted: true } },
        }),
      },
    },
    errors: ['key_not_found'],
  },
  {
    method: 'get',
    path: '/api/v1/admin/audit',
    id: 'listAudit',
    tag: 'Admin',
    summary: 'Read the audit log',
    description:
      'What the admin API changed: which members, from what to what, and by which request. It never holds a key.',
    security: 'admin',
    query: auditListQuery,
    answers: { 200: { description: 'A page of entries.', content: json(listOf(auditEntry)) } },
    errors: ['query_invalid'],
  },
  {
    method: 'get',
    path: '/api/v1/admin/metrics',
    id: 'getMetrics',
    tag: 'Admin',
    summary: 'Read the metrics',
    description: 'Counters of the deployment in the text format of Prometheus.',
    security: 'admin',
    answers: { 200: { description: 'The metrics.', content: { 'text/plain': {} } } },
    errors: [],
  },
];
