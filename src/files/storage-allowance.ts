// How many bytes one request may bring: the limit of its kind, or what is left of the account's storage if that is less.
import type { StorageRefusal } from '../accounts/account-storage';
import type { StorageRoom } from '../accounts/storage-meter';
import { ApiError } from '../contract/errors';
import { UPLOAD_PARTS_LIMIT } from '../contract/limits';

export interface Allowance {
  bytes: number;
  /** What a request is told that brings more. */
  exceeded: () => ApiError;
}

/**
 * @param param where in the request the bytes are
 * @param exceeded the error of the limit of its kind
 */
export async function findAllowance(
  env: Env,
  accountId: string,
  param: string,
  limitBytes: number,
  exceeded: () => ApiError,
): Promise<Allowance> {
  const room = await env.ACCOUNTS.getByName(accountId).storageRoom();
  const left = room === null ? Number.POSITIVE_INFINITY : room.limit - room.used;
  if (room === null || left >= limitBytes) return { bytes: limitBytes, exceeded };
  return { bytes: Math.max(left, 0), exceeded: () => storageFull(room).at(param) };
}

function storageFull({ limit, used }: StorageRoom): ApiError {
  return new ApiError('file_too_large', { detail: ['storage_full', limit, used] });
}

/** What a client is told that could not have something stored, or whose upload is not there or has ended. */
export function refusalError(refusal: StorageRefusal): ApiError {
  switch (refusal.refused) {
    case 'storage_full':
      return storageFull(refusal.room);
    case 'not_found':
      return new ApiError('not_found', { missing: 'upload' });
    case 'not_pending':
      return new ApiError('conflict', { detail: ['upload_not_pending', refusal.status] });
    case 'too_many_parts':
      return new ApiError('invalid_request', { detail: ['upload_parts_too_many', UPLOAD_PARTS_LIMIT] });
  }
}
