// What the admin API does to accounts and keys, each action with its entry in the audit log. The two are stored in two
// objects. So the entry comes first where the action takes effect by itself, and an entry without its action is possible;
// a new account or key is of no use before the answer, so there the entry comes second, and nothing is answered without it.
import type {
  AccountCreate,
  AccountResponse,
  AccountUpdate,
  AuditAction,
  KeyCreate,
  KeyResponse,
} from '../contract/accounts';
import { ApiError } from '../contract/errors';
import { updatedAccount } from './account-record';
import { changesBetween } from './audit-changes';
import type { AuditRecord } from './audit-log';
import { createAccount } from './create-account';

/** The request that asks for an action. */
interface AdminRequest {
  requestId: string;
  /** Milliseconds. */
  now: number;
}

export async function addAccount(
  env: Env,
  create: AccountCreate,
  request: AdminRequest,
): Promise<AccountResponse> {
  const account = await createAccount(env, create, request.now);
  await audit(env, request, {
    action: 'account.created',
    account_id: account.id,
    key_id: null,
    changes: changesBetween({}, create),
  });
  return account;
}

/** The account as it is then, or null where there is none. */
export async function changeAccount(
  env: Env,
  id: string,
  update: AccountUpdate,
  request: AdminRequest,
): Promise<AccountResponse | null> {
  const stub = env.ACCOUNTS.getByName(id);
  const before = await stub.describe();
  if (before === null) return null;
  const changes = changesBetween(before, updatedAccount(before, update));
  if (Object.keys(changes).length > 0) {
    await audit(env, request, { action: actionOf(changes), account_id: id, key_id: null, changes });
  }
  return stub.update(update);
}

/**
 * A new key with its secret, or null where there is no account.
 *
 * @throws ApiError `invalid_request` for a key that would have expired before anyone could use it
 */
export async function issueKey(
  env: Env,
  accountId: string,
  key: KeyCreate,
  request: AdminRequest,
): Promise<{ key: KeyResponse; secret: string } | null> {
  if (key.expires_at && Date.parse(key.expires_at) <= request.now) {
    throw new ApiError('invalid_request', { detail: ['expires_in_past'], param: 'expires_at' });
  }
  const issued = await env.ACCOUNTS.getByName(accountId).createKey(key, request.now);
  if (issued === null) return null;
  await audit(env, request, {
    action: 'key.created',
    account_id: accountId,
    key_id: issued.key.id,
    changes: changesBetween({}, key),
  });
  return issued;
}

/** False where the account has no such key. Revoking one again changes nothing. */
export async function revokeKey(
  env: Env,
  accountId: string,
  keyId: string,
  request: AdminRequest,
): Promise<boolean> {
  const stub = env.ACCOUNTS.getByName(accountId);
  const key = await stub.describeKey(keyId);
  if (key === null) return false;
  if (key.revoked_at === null) {
    const revokedAt = new Date(request.now).toISOString();
    await audit(env, request, {
      action: 'key.revoked',
      account_id: accountId,
      key_id: keyId,
      changes: changesBetween({}, { revoked_at: revokedAt }),
    });
  }
  return stub.revokeKey(keyId, request.now);
}

function actionOf({ status }: AuditRecord['changes']): AuditAction {
  if (status === undefined) return 'account.updated';
  return status.to === 'suspended' ? 'account.suspended' : 'account.activated';
}

function audit(
  env: Env,
  { requestId, now }: AdminRequest,
  record: Omit<AuditRecord, 'request_id'>,
): Promise<void> {
  return env.REGISTRY.getByName('registry').audit({ ...record, request_id: requestId }, now);
}
