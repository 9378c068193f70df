// Accounts, keys and usage as the admin API and their owners see them.
// What clients receive is in lazy schemas: only the OpenAPI document reads them as values.
import * as z from 'zod';
import { cost, usage } from './chat';
import { MONEY_LIMIT_USD } from './limits';
import { listQuery } from './lists';
import type { OwnIssue } from './validation';

/** USD and counts; a limit left out or null is none. */
export const limits = z.strictObject({
  requests_per_minute: z.int().min(0).nullish(),
  tokens_per_minute: z.int().min(0).nullish(),
  monthly_budget: z.number().min(0).max(MONEY_LIMIT_USD).nullish().describe('USD a calendar month (UTC)'),
  concurrent_batches: z.int().min(0).nullish().describe('Batches that run at once; others wait as `pending`'),
  storage_bytes: z.int().min(0).nullish(),
});
export type Limits = z.infer<typeof limits>;

/** Every limit is shown, also those that are none. */
export const NO_KEY_LIMITS = {
  requests_per_minute: null,
  tokens_per_minute: null,
  monthly_budget: null,
  concurrent_batches: null,
} as const satisfies Limits;
export const NO_LIMITS = { ...NO_KEY_LIMITS, storage_bytes: null } as const satisfies Record<
  keyof Limits,
  null
>;

/** Files belong to the account, whichever key uploaded them: a key has no storage of its own. */
export const keyLimits = limits.omit({ storage_bytes: true });

/** Whose limit it is that was met. */
export type LimitHolder = 'account' | 'key';

/** What a key may be held to: a scope without `:read` includes the one with it. Models need none. */
export const SCOPES = [
  'chat',
  'files',
  'files:read',
  'batches',
  'batches:read',
  'usage',
  'webhooks',
  'webhooks:read',
] as const;
export type Scope = (typeof SCOPES)[number];

const ACCOUNT_STATUSES = ['active', 'suspended'] as const;
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

const name = z.string().min(1).max(200);

export const accountCreate = z.strictObject({ name, limits: limits.optional() });
export type AccountCreate = z.infer<typeof accountCreate>;

/** What is left out stays as it is, each limit by itself; a limit set to null is lifted. */
export const accountUpdate = z.strictObject({
  name: name.optional(),
  limits: limits.optional(),
  status: z.enum(ACCOUNT_STATUSES).optional(),
});
export type AccountUpdate = z.infer<typeof accountUpdate>;

/** How far an account is on the way to its limits; also where it has none. */
const accountUse = z.object({
  spent: z.number().describe('USD in this UTC month'),
  reserved: z
    .number()
    .describe(
      'USD held for requests and batches in flight, which may need less. Only where there is a budget',
    ),
  storage_bytes: z.int().describe('Of files, and of the parts of uploads'),
  concurrent_batches: z.int().describe('Batches that run now'),
});
export type AccountUse = z.infer<typeof accountUse>;

export const accountResponse = z.lazy(() =>
  z.object({
    id: z.string().describe('`acct_…`'),
    name: z.string(),
    limits,
    used: accountUse
      .nullable()
      .describe('How far it is on the way to its limits; null for a key without the scope `usage`'),
    status: z.enum(ACCOUNT_STATUSES),
    created_at: z.iso.datetime(),
  }),
);
export type AccountResponse = z.infer<typeof accountResponse>;

export const keyCreate = z.strictObject({
  name,
  scopes: z.array(z.enum(SCOPES)).min(1).nullish().describe('What it may do; null or left out: everything'),
  expires_at: z.iso
    .datetime({ offset: true })
    .nullish()
    .describe('In the future. The key is refused from then on'),
  limits: keyLimits.optional().describe("Apply beside the account's"),
});
export type KeyCreate = z.infer<typeof keyCreate>;

/** A key without its secret: `hint` is what people recognise it by. */
export const keyResponse = z.lazy(() =>
  z.object({
    id: z.string().describe('`key_…`'),
    name: z.string(),
    hint: z.string().describe('The last characters of the key, e.g. `qk_…x7Qa`'),
    scopes: z.array(z.enum(SCOPES)).nullable().describe('null: everything'),
    limits: keyLimits,
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().describe('To the hour or so'),
  }),
);
export type KeyResponse = z.infer<typeof keyResponse>;

/** A new key: the only answer that has its secret. */
export const keyCreated = z.lazy(() =>
  keyResponse.unwrap().extend({
    key: z.string().describe('The key itself, `qk_…`. It is shown this once and stored only as a hash.'),
  }),
);
export type KeyCreated = z.infer<typeof keyCreated>;

const AUDIT_ACTIONS = [
  'account.created',
  'account.updated',
  'account.suspended',
  'account.activated',
  'key.created',
  'key.revoked',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

const auditValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);
export type AuditValue = z.infer<typeof auditValue>;

const auditChanges = z
  .record(z.string(), z.object({ from: auditValue, to: auditValue }))
  .describe('By member, inner ones as `limits.monthly_budget`; null is nothing');
export type AuditChanges = z.infer<typeof auditChanges>;

export const auditListQuery = listQuery.extend({
  account: z.string().min(1).optional().describe('Only what was done to this account'),
});
export type AuditListQuery = z.infer<typeof auditListQuery>;

/** One action of the admin API. It never holds a key or another secret. */
export const auditEntry = z.lazy(() =>
  z.object({
    id: z.string(),
    object: z.literal('audit.entry'),
    created_at: z.iso.datetime(),
    action: z.enum(AUDIT_ACTIONS),
    account_id: z.string(),
    key_id: z.string().nullable().describe('Of actions on keys'),
    changes: auditChanges,
    request_id: z.string().describe('The `x-request-id` of the request that did it'),
  }),
);
export type AuditEntry = z.infer<typeof auditEntry>;

const USAGE_GROUPS = ['day', 'model', 'key'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** `from` and `to` are UTC days, both included. */
export const usageQuery = z
  .object({
    from: z.iso.date().optional().describe('The first UTC day, e.g. `2026-01-31`'),
    to: z.iso.date().optional().describe('The last UTC day, which is included'),
    group_by: z.enum(USAGE_GROUPS).default('day').describe('What each row of `data` is the sum over'),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['from'],
    error: 'days_reversed' satisfies OwnIssue,
  });

export const usageSum = z.lazy(() =>
  z.object({
    requests: z.int().describe('Answered requests and batch items'),
    usage,
    cost: cost.nullable().describe('null where no request had a known price'),
    batch: z
      .object({
        requests: z.int(),
        cost: cost.nullable(),
        discount: z.number().nullable().describe('USD that the same requests would have cost more alone'),
      })
      .describe('What of it was items of batches'),
  }),
);
export type UsageSum = z.infer<typeof usageSum>;

/** The sum over one day, model or key: the member that `group_by` names says which. */
const usageRow = z.lazy(() =>
  usageSum.unwrap().extend({
    day: z.iso.date().optional().describe('UTC'),
    model: z.string().optional(),
    key: z.string().optional().describe("the key's id"),
  }),
);
export type UsageRow = z.infer<typeof usageRow>;

export const usageResponse = z.lazy(() =>
  z.object({
    object: z.literal('usage'),
    from: z.iso.date().nullable(),
    to: z.iso.date().nullable(),
    group_by: z.enum(USAGE_GROUPS),
    data: z.array(usageRow),
    total: usageSum,
  }),
);
export type UsageResponse = z.infer<typeof usageResponse>;
