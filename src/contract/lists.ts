// Lists: `limit`, `after`, `order` in, `{object:"list", data, first_id, last_id, has_more}` out.
import * as z from 'zod';
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAXIMUM } from './limits';

export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(LIST_LIMIT_MAXIMUM).default(LIST_LIMIT_DEFAULT),
  after: z.string().min(1).optional(),
  order: z.enum(['asc', 'desc']).default('desc'),
});
export type ListQuery = z.infer<typeof listQuery>;

/** One page: `data` is what the query asked for, in its order. */
export interface Page<T> {
  data: T[];
  hasMore: boolean;
}

export interface ListResponse<T> {
  object: 'list';
  data: T[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

/** A page as clients see it. `idOf` names the cursor of an entry. */
export function listResponse<T>(page: Page<T>, idOf: (entry: T) => string): ListResponse<T> {
  const first = page.data[0];
  const last = page.data.at(-1);
  return {
    object: 'list',
    data: page.data,
    first_id: first === undefined ? null : idOf(first),
    last_id: last === undefined ? null : idOf(last),
    has_more: page.hasMore,
  };
}
