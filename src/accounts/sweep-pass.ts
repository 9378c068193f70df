// How the cron walks what may grow without bound: a piece a run, and the next run goes on where this one stopped.

/** Each account costs a call. */
const ACCOUNTS_PER_RUN = 100;

/** Each old object costs a call. */
const OBJECTS_PER_RUN = 500;

/** An object precedes the row that knows it by seconds; a day leaves no doubt that the row will never come. */
export const ORPHAN_AGE_MS = 86_400_000;

/** Visits the next accounts. `name` is the pass's cursor in the registry. */
export async function visitAccounts(
  env: Env,
  name: string,
  visit: (accountId: string) => Promise<void>,
): Promise<void> {
  const registry = env.REGISTRY.getByName('registry');
  const after = await registry.getCursor(name);
  const page = await registry.list({
    limit: ACCOUNTS_PER_RUN,
    order: 'asc',
    ...(after !== null && { after }),
  });
  for (const { id } of page?.data ?? []) {
    try {
      await visit(id);
    } catch (error) {
      // One account's trouble must not keep the others waiting.
      console.error(JSON.stringify({ event: 'sweep.failed', account_id: id, cause: String(error) }));
    }
  }
  await registry.setCursor(name, page?.hasMore ? (page.data.at(-1)?.id ?? null) : null);
}

/** Deletes those of the next objects under `prefix` that are a day old and that `isOrphan` says no one knows. */
export async function removeOrphans(
  env: Env,
  pass: { name: string; prefix: string; now: number },
  isOrphan: (key: string) => Promise<boolean>,
): Promise<void> {
  const registry = env.REGISTRY.getByName('registry');
  const startAfter = await registry.getCursor(pass.name);
  const page = await env.BUCKET.list({
    prefix: pass.prefix,
    limit: OBJECTS_PER_RUN,
    ...(startAfter !== null && { startAfter }),
  });
  const orphans: string[] = [];
  for (const { key, uploaded } of page.objects) {
    if (uploaded.getTime() > pass.now - ORPHAN_AGE_MS) continue;
    try {
      if (await isOrphan(key)) orphans.push(key);
    } catch (error) {
      // Nor may one that cannot be asked: it stays until the next round.
      console.error(JSON.stringify({ event: 'sweep.failed', object: key, cause: String(error) }));
    }
  }
  if (orphans.length > 0) await env.BUCKET.delete(orphans);
  await registry.setCursor(pass.name, page.truncated ? (page.objects.at(-1)?.key ?? null) : null);
}
