// What a key sees of its account: usage and limits.
import { accountResponse, usageQuery, usageResponse } from '../../../contract/accounts';
import { ACCOUNT_IN_USE, USAGE } from '../examples/accounts';
import { json, type Operation } from '../operation';

export const usageOperations = (): Operation[] => [
  {
    method: 'get',
    path: '/api/v1/usage',
    id: 'getUsage',
    tag: 'Usage',
    summary: 'Get usage and cost',
    description:
      'What the account used and what it cost, summed by UTC day, model or key. It equals the sum of what its answers reported. With `Accept: text/csv` it is a table, a line for each row.',
    security: 'account',
    query: usageQuery,
    requestHeaders: ['Accept'],
    answers: {
      200: {
        description: 'The sums.',
        content: { ...json(usageResponse, { day: { summary: 'By day', value: USAGE } }), 'text/csv': {} },
      },
    },
    errors: ['query_invalid'],
  },
  {
    method: 'get',
    path: '/api/v1/account',
    id: 'getOwnAccount',
    tag: 'Usage',
    summary: 'Get the account of the key',
    description:
      'The account that the key belongs to, with its limits. Any key may read it; what is used of the limits is shown to keys with the scope `usage`.',
    security: 'account',
    answers: {
      200: {
        description: 'The account.',
        content: json(accountResponse, { used: { summary: 'An account in use', value: ACCOUNT_IN_USE } }),
      },
    },
    errors: [],
  },
];
