// Lists: `limit`, `after`, `order` in, `{object:"list", data, first_id, last_id, has_more}` out.
import * as z from 'zod';
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAXIMUM } from './limits';

export const listQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIST_LIMIT_MAXIMUM)
    .default(LIST_LIMIT_DEFAULT)
    .describe('How many entries a page has'),
  after: z.string().min(1).optional().describe('The `last_id` of the page before: continues after it'),
  order: z.enum(['asc', 'desc']).default('desc').describe('`desc`: the newest first'),
});
export type ListQuery = z.infer<typeof listQuery>;

/** One page: `data` is what the query asked for, in its order. */
export interface Page<T> {
  data: T[];
  hasMore: boolean;
}

/** The schema of a list of such entries. */
export function listOf<S extends z.ZodType>(entry: S) {
  return z.object({
    object: z.literal('list'),
    data: z.array(entry),
    first_id: z.string().nullable().describe('null on an empty page'),
    last_id: z.string().nullable().describe('What `after` takes for the next page'),
    has_more: z.boolean(),
  });
}
export type ListResponse<T> = z.infer<ReturnType<typeof listOf<z.ZodType<T>>>>;

/** The schema of the answer to a deletion. */
export function deletionOf<K extends string>(kind: K) {
  return z.object({ id: z.string(), object: z.literal(kind), deleted: z.literal(true) });
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
