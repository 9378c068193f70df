// Who is signed in: keys, kept in this tab's session storage and nowhere else.
import { signal } from '@preact/signals';
import type { ApiFailure } from './api/request';

const ACCOUNT_KEY = 'quire.key';
const ADMIN_KEY = 'quire.admin-key';

export const accountKey = signal(sessionStorage.getItem(ACCOUNT_KEY));
export const adminKey = signal(sessionStorage.getItem(ADMIN_KEY));

/** Why the last session ended, where the server ended it. */
export const refusal = signal<ApiFailure | null>(null);

export function signIn(key: string): void {
  store(ACCOUNT_KEY, accountKey, key);
}

export function signInAsAdmin(key: string): void {
  store(ADMIN_KEY, adminKey, key);
}

export function signOut(because: ApiFailure | null = null): void {
  refusal.value = because;
  store(ACCOUNT_KEY, accountKey, null);
}

export function signOutAsAdmin(because: ApiFailure | null = null): void {
  refusal.value = because;
  store(ADMIN_KEY, adminKey, null);
}

function store(name: string, key: typeof accountKey, value: string | null): void {
  if (value === null) sessionStorage.removeItem(name);
  else {
    sessionStorage.setItem(name, value);
    refusal.value = null;
  }
  key.value = value;
}
