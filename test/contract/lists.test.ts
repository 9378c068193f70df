import { expect, it } from 'vitest';
import { listQuery, listResponse } from '../../src/contract/lists';

it('a list query has its defaults', () => {
  expect(listQuery.parse({})).toEqual({ limit: 20, order: 'desc' });
  expect(listQuery.parse({ limit: '100', after: 'file_a', order: 'asc' })).toEqual({
    limit: 100,
    after: 'file_a',
    order: 'asc',
  });
});

it.each([
  { limit: '0' },
  { limit: '101' },
  { limit: '1.5' },
  { limit: 'ten' },
  { limit: '' },
  { limit: ['1', '2'] },
  { order: 'up' },
  { order: 'DESC' },
  { after: '' },
  { after: ['a', 'b'] },
])('a list query cannot be %j', (query) => {
  expect(listQuery.safeParse(query).success).toBe(false);
});

it('a page names its first and last entry', () => {
  const data = [{ id: 'c' }, { id: 'b' }];
  expect(listResponse({ data, hasMore: true }, ({ id }) => id)).toEqual({
    object: 'list',
    data,
    first_id: 'c',
    last_id: 'b',
    has_more: true,
  });
  expect(listResponse({ data: [], hasMore: false }, () => 'x')).toEqual({
    object: 'list',
    data: [],
    first_id: null,
    last_id: null,
    has_more: false,
  });
});
