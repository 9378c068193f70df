// Reads one page of a list out of SQLite. The cursor is a place in the order, so rows that come or go do not move it.
import type { ListQuery, Page } from '../contract/lists';

/** What a listed table must have: `n` is its rowid, which orders rows of the same millisecond as they came. */
interface ListedRow {
  [column: string]: SqlStorageValue;
  n: number;
  id: string;
  created_at: number;
}

/** A condition with one placeholder, and its value. */
export type Filter = readonly [condition: string, value: string | number];

/** The rows that pass every filter; null where `after` names no row, which need not pass them itself. */
export function readPage<Row extends ListedRow>(
  sql: SqlStorage,
  table: string,
  query: ListQuery,
  filters: readonly Filter[] = [],
): Page<Row> | null {
  const [comparison, direction] = query.order === 'asc' ? ['>', 'ASC'] : ['<', 'DESC'];
  const conditions = filters.map(([condition]) => condition);
  const values: (string | number)[] = filters.map(([, value]) => value);
  if (query.after !== undefined) {
    const [cursor] = sql.exec<ListedRow>(`SELECT n, id, created_at FROM ${table} WHERE id = ?`, query.after);
    if (cursor === undefined) return null;
    conditions.push(`(created_at, n) ${comparison} (?, ?)`);
    values.push(cursor.created_at, cursor.n);
  }
  const rows = sql
    .exec<Row>(
      `SELECT * FROM ${table} WHERE ${conditions.join(' AND ') || 'TRUE'}
       ORDER BY created_at ${direction}, n ${direction} LIMIT ?`,
      ...values,
      query.limit + 1,
    )
    .toArray();
  return { data: rows.slice(0, query.limit), hasMore: rows.length > query.limit };
}

/** The page of a list that has no rows. */
export function emptyPage(query: ListQuery): Page<never> | null {
  return query.after === undefined ? { data: [], hasMore: false } : null;
}

/** Each entry of a page converted. */
export function mapPage<A, B>(page: Page<A> | null, convert: (entry: A) => B): Page<B> | null {
  return page && { data: page.data.map(convert), hasMore: page.hasMore };
}
