// A page of entries whose objects say what they are, where some may be gone.
import type { ListQuery, Page } from '../contract/lists';
import { knownPage } from './found';

/** Of pages read in a row, each entry of which costs a call, of the 1,000 a request may make on Cloudflare's free plan. */
const PAGES_LIMIT = 9;

/**
 * The entries of a page that are still there. Where all of them are gone it is the next page that has one: clients take an
 * empty page for the end of the list, whatever `has_more` says.
 *
 * @throws ApiError `invalid_request` where `after` names no entry
 */
export async function filledPage<E extends { id: string }, T>(
  list: ListQuery,
  read: (list: ListQuery) => Promise<Page<E> | null>,
  find: (entry: E) => Promise<T | null>,
): Promise<Page<T>> {
  let after = list.after;
  for (let pages = 1; ; pages++) {
    const found = await read({ ...list, ...(after !== undefined && { after }) });
    // An entry that was read past may have been taken off the list since.
    if (found === null && pages > 1) return { data: [], hasMore: true };
    const page = knownPage(found, list.after);
    const data = (await Promise.all(page.data.map(find))).filter((entry) => entry !== null);
    const last = page.data.at(-1);
    if (data.length > 0 || last === undefined || !page.hasMore || pages === PAGES_LIMIT) {
      return { data, hasMore: page.hasMore };
    }
    after = last.id;
  }
}
