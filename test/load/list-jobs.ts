// What clients look at beside their work: lists, models, usage, themselves.
import type { ListResponse } from '../../src/contract/lists.ts';
import { between, oneOf, type Random } from './choices.ts';
import { same } from './findings.ts';
import type { LoadClient } from './load-client.ts';

const LISTS = ['/api/v1/files', '/v1/files', '/api/v1/batches', '/v1/batches'] as const;

/** Only what must be there whatever others do meanwhile. */
const LOOKS = ['/v1/models', '/api/v1/account', '/api/v1/usage?group_by=model'] as const;

export async function list(client: LoadClient, random: Random): Promise<void> {
  const limit = between(random, 1, 100);
  const path = `${oneOf(random, LISTS)}?limit=${limit}`;
  const answer = await client.send('list', 'GET', path);
  const { object, data, has_more } = answer.json<ListResponse<{ id: string }>>();
  same('list: no list', object, 'list', answer.requestId);
  same('list: more than its limit', data.length > limit, false, answer.requestId);
  same('list: more where it is not full', has_more && data.length < limit, false, answer.requestId);
  same('list: something twice', new Set(data.map(({ id }) => id)).size, data.length, answer.requestId);
}

export async function look(client: LoadClient, random: Random): Promise<void> {
  await client.send('models, usage, account', 'GET', oneOf(random, LOOKS));
}
