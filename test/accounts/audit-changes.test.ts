// What an action changes, for the audit log.
import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../src/accounts/audit-changes';

const account = { name: 'a', status: 'active', limits: { monthly_budget: 5, requests_per_minute: null } };

describe('changes', () => {
  it('are none between equals, and where nothing becomes nothing', () => {
    expect(changesBetween(account, structuredClone(account))).toEqual({});
    expect(changesBetween({}, { expires_at: null, limits: {} })).toEqual({});
  });

  it('name each member that differs, inner ones by their path', () => {
    const after = { name: 'b', status: 'active', limits: { monthly_budget: null, requests_per_minute: 60 } };
    expect(changesBetween(account, after)).toEqual({
      name: { from: 'a', to: 'b' },
      'limits.monthly_budget': { from: 5, to: null },
      'limits.requests_per_minute': { from: null, to: 60 },
    });
  });

  it('of something new are all it has', () => {
    expect(changesBetween({}, { name: 'key', scopes: ['chat', 'files'], expires_at: null })).toEqual({
      name: { from: null, to: 'key' },
      scopes: { from: null, to: ['chat', 'files'] },
    });
    expect(changesBetween({ scopes: ['chat'] }, { scopes: ['chat'] })).toEqual({});
  });
});
