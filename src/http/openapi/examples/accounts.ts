// Examples of accounts, their keys and their usage.
import {
  type AccountResponse,
  type KeyCreated,
  NO_KEY_LIMITS,
  NO_LIMITS,
  type UsageResponse,
  type UsageSum,
} from '../../../contract/accounts';
import { type Cost, usageFrom } from '../../../contract/chat';
import type { Example } from '../operation';
import { ACCOUNT_ID, KEY_ID } from './ids';

export const ACCOUNT_REQUESTS: Record<string, Example> = {
  account: {
    summary: 'With limits',
    value: { name: 'Team Seoul', limits: { monthly_budget: 50, concurrent_batches: 4 } },
  },
};

export const ACCOUNT_UPDATES: Record<string, Example> = {
  limits: {
    summary: 'A limit lifted, another set',
    value: { limits: { monthly_budget: null, concurrent_batches: 8 } },
  },
  suspended: { summary: 'Suspended', value: { status: 'suspended' } },
};

export const KEY_REQUESTS: Record<string, Example> = {
  key: {
    summary: 'That expires, for batches and files alone, with a budget of its own',
    value: {
      name: 'CI',
      scopes: ['batches', 'files'],
      expires_at: '2027-01-01T00:00:00Z',
      limits: { monthly_budget: 10 },
    },
  },
};

export const ACCOUNT: AccountResponse = {
  id: ACCOUNT_ID,
  name: 'Team Seoul',
  limits: { ...NO_LIMITS, monthly_budget: 50, concurrent_batches: 4 },
  used: { spent: 0, reserved: 0, storage_bytes: 0, concurrent_batches: 0 },
  status: 'active',
  created_at: '2026-11-25T01:09:22.877Z',
};

/** After the one request below, and with some files. */
export const ACCOUNT_IN_USE: AccountResponse = {
  ...ACCOUNT,
  used: { spent: 0.0000014, reserved: 0, storage_bytes: 1233, concurrent_batches: 0 },
};

export const NEW_KEY: KeyCreated = {
  id: KEY_ID,
  name: 'CI',
  hint: 'qk_…k7Qa',
  scopes: ['batches', 'files'],
  limits: { ...NO_KEY_LIMITS, monthly_budget: 10 },
  created_at: '2026-11-25T01:09:23.999Z',
  expires_at: '2027-01-01T00:00:00.000Z',
  revoked_at: null,
  last_used_at: null,
  key: `qk_${'0'.repeat(62)}k7Qa`,
};

const BATCH_COST: Cost = {
  prompt_cost: 2e-7,
  completion_cost: 0.0000012,
  total_cost: 0.0000014,
  currency: 'USD',
};

/** The one request that was answered, of a batch. */
const SUM: UsageSum = {
  requests: 1,
  usage: usageFrom({ prompt: 4, completion: 6 }),
  cost: BATCH_COST,
  batch: { requests: 1, cost: BATCH_COST, discount: 0.0000014 },
};

export const USAGE: UsageResponse = {
  object: 'usage',
  from: null,
  to: null,
  group_by: 'day',
  data: [{ day: '2026-11-25', ...SUM }],
  total: SUM,
};
