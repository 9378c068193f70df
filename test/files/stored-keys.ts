// A look at what an account holds in the bucket.
import { env } from 'cloudflare:workers';

/** The keys of all its objects: files and parts of uploads. */
export async function keysOf(accountId: string): Promise<string[]> {
  const prefixes = [`files/${accountId}/`, `uploads/${accountId}/`];
  const lists = await Promise.all(prefixes.map((prefix) => env.BUCKET.list({ prefix })));
  return lists.flatMap(({ objects }) => objects.map(({ key }) => key));
}
