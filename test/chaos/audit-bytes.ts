// The audit of files and of all objects in the bucket: each is somebody's, and says what it said.
import { createHash } from 'node:crypto';
import type { FileResponse } from '../../src/contract/files.ts';
import type { ChaosServer } from './chaos-server.ts';
import type { Findings } from './findings.ts';
import type { Tenant } from './tenant.ts';

export async function auditFiles(
  tenant: Tenant,
  outputFiles: readonly string[],
  findings: Findings,
): Promise<void> {
  for (const { id, sha256, isDeleted } of tenant.fileRecords) {
    const { status, bytes } = await tenant.client.bytes(`/api/v1/files/${id}/content`);
    if (isDeleted) {
      findings.holds('deleted files that are gone', status === 404, 'unaccounted', () => `${id}: ${status}`);
      continue;
    }
    const isWhole = status === 200 && createHash('sha256').update(bytes).digest('hex') === sha256;
    findings.holds('files byte for byte', isWhole, 'lost', () => `${id}: ${status}, ${bytes.length} bytes`);
  }
  const listed: string[] = [];
  for (let after = ''; ; ) {
    const page = await tenant.client.get<{ data: FileResponse[]; has_more: boolean; last_id: string }>(
      `/api/v1/files?limit=100${after}`,
    );
    listed.push(...page.data.map(({ id }) => id));
    if (!page.has_more) break;
    after = `&after=${page.last_id}`;
  }
  findings.same('files that somebody made', listed, [...liveFiles(tenant), ...outputFiles], tenant.name);
}

/** After the cron had its time: what is in the bucket, and what the accounts say that they store. */
export async function auditBucket(
  tenants: readonly Tenant[],
  outputFiles: ReadonlyMap<Tenant, readonly string[]>,
  server: ChaosServer,
  findings: Findings,
): Promise<void> {
  const keys = await server.bucketKeys();
  const required: string[] = [];
  const allowed = new Set<string>();
  for (const tenant of tenants) {
    const files = [...liveFiles(tenant), ...(outputFiles.get(tenant) ?? [])];
    required.push(...files.map((id) => `files/${tenant.id}/${id}`));
    // The bytes of an input outlive its file, as long as its batch could be tried again.
    for (const { id, isInput } of tenant.fileRecords) if (isInput) allowed.add(`files/${tenant.id}/${id}`);
    for (const { id, isDeleted } of tenant.batchRecords) {
      if (!isDeleted) allowed.add(`batches/${tenant.id}/${id}/input.jsonl`);
    }
    const { rows } = await server.rows(
      'ACCOUNTS',
      tenant.id,
      `SELECT (SELECT used_bytes FROM storage) AS used,
        (SELECT coalesce(sum(size), 0) FROM files) + (SELECT coalesce(sum(size), 0) FROM upload_parts) AS stored`,
    );
    const isExact = rows[0]?.used === rows[0]?.stored;
    findings.holds('accounts that know what they store', isExact, 'unaccounted', () => JSON.stringify(rows));
  }
  const needed = new Set(required);
  const others = keys.filter((key) => needed.has(key) || !allowed.has(key));
  findings.same('objects in the bucket', others, required, 'bucket');
  findings.checked('objects in the bucket', keys.length - others.length);
}

function liveFiles({ fileRecords }: Tenant): string[] {
  return fileRecords.filter(({ isDeleted }) => !isDeleted).map(({ id }) => id);
}
