// What clients do with files during the chaos: they send them whole and in parts, and delete some.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileResponse } from '../../src/contract/files.ts';
import type { UploadResponse } from '../../src/contract/uploads.ts';
import { randomName, type Workload } from './batch-workload.ts';
import type { FileRecord, Tenant } from './tenant.ts';

/** Most are small. One above 5 MiB is sent to R2 in parts. */
const SMALL_BYTES = 200_000;
const LARGE_BYTES = 9_000_000;
const LARGE_SHARE = 0.12;

const PARTS = 3;

/** One client: a file after the other. */
export async function sendFiles(tenant: Tenant, { random, isOver }: Workload): Promise<void> {
  while (!isOver()) {
    const content = makeContent(random);
    const record =
      random() < 0.6
        ? await sendForm(tenant, { purpose: 'user_data', content, random })
        : await sendInParts(tenant, content, random);
    if (record !== null && random() < 0.35) await deleteFile(tenant, record);
    await sleep(300 + random() * 1_500);
  }
}

export async function sendForm(
  tenant: Tenant,
  {
    purpose,
    content,
    random,
  }: { purpose: 'batch' | 'user_data'; content: Buffer<ArrayBuffer>; random: () => number },
): Promise<FileRecord> {
  const type = purpose === 'batch' ? 'application/jsonl' : 'text/plain';
  const name = randomName(random);
  const { status, body } = await tenant.client.ask<FileResponse>('POST', '/api/v1/files', {
    form: () => {
      const form = new FormData();
      form.set('purpose', purpose);
      form.set('file', new File([content], `${name}.${purpose === 'batch' ? 'jsonl' : 'txt'}`, { type }));
      return form;
    },
    idempotencyKey: name,
  });
  if (status !== 200) throw new Error(`a file was refused: ${status} ${JSON.stringify(body)}`);
  return keep(tenant, body.id, content, 'form');
}

/** Null for an upload whose hour was over before it was complete: a jump of the clock. */
async function sendInParts(
  tenant: Tenant,
  content: Buffer<ArrayBuffer>,
  random: () => number,
): Promise<FileRecord | null> {
  const upload = await tenant.client.ask<UploadResponse>('POST', '/api/v1/uploads', {
    json: { bytes: content.length, filename: 'parts.txt', mime_type: 'text/plain', purpose: 'user_data' },
    idempotencyKey: randomName(random),
  });
  const size = Math.ceil(content.length / PARTS);
  const path = `/api/v1/uploads/${upload.body.id}`;
  const partIds: string[] = [];
  for (let from = 0; from < content.length; from += size) {
    const part = await tenant.client.ask<{ id: string }>('POST', `${path}/parts`, {
      form: () => {
        const form = new FormData();
        form.set('data', new File([content.subarray(from, from + size)], 'part'));
        return form;
      },
    });
    if (part.status === 409) return null;
    if (part.status !== 200)
      throw new Error(`a part was refused: ${part.status} ${JSON.stringify(part.body)}`);
    partIds.push(part.body.id);
  }
  const { status, body } = await tenant.client.ask<UploadResponse>('POST', `${path}/complete`, {
    json: { part_ids: partIds },
  });
  if (status === 409) return null;
  if (status !== 200) throw new Error(`an upload was refused: ${status} ${JSON.stringify(body)}`);
  return keep(tenant, body.file?.id ?? '', content, 'parts');
}

function keep(tenant: Tenant, id: string, content: Buffer, way: FileRecord['way']): FileRecord {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const record: FileRecord = { id, sha256, isInput: false, isDeleted: false, way };
  tenant.fileRecords.push(record);
  return record;
}

async function deleteFile(tenant: Tenant, record: FileRecord): Promise<void> {
  const { status, body } = await tenant.client.ask('DELETE', `/api/v1/files/${record.id}`);
  // A repeat finds it gone.
  if (status >= 300 && status !== 404) throw new Error(`not deleted: ${status} ${JSON.stringify(body)}`);
  record.isDeleted = true;
}

/** Text whose every piece differs, so that pieces in the wrong order would show. */
function makeContent(random: () => number): Buffer<ArrayBuffer> {
  const size = Math.round(1 + random() * (random() < LARGE_SHARE ? LARGE_BYTES : SMALL_BYTES));
  const start = Math.floor(random() * 1e9);
  const numbers: string[] = [];
  for (let length = 0, n = start; length < size; n++) {
    const text = `${n} `;
    numbers.push(text);
    length += text.length;
  }
  return Buffer.from(numbers.join('').slice(0, size));
}
