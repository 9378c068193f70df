// Writes an ended batch's output and error files to R2, in the one format there is for them: OpenAI's batch output.
import type { IndexedFile } from '../accounts/file-index';
import { JSON_LINES_TYPE } from '../contract/files';
import { fileKey } from '../files/object-key';
import { ObjectWriter } from '../files/object-writer';
import { concatBytes } from '../platform/bytes';
import { type BatchSpec, itemRequestId } from './batch-spec';
import type { BatchStore } from './batch-store';
import { type ResultEntry, resultsInInputOrder, textOf } from './results';
import type { BatchState } from './state';

const ENCODER = new TextEncoder();

/** Writing leaves no gap while it fills a part: after so many lines others get their turn. */
const LINES_A_TURN = 200;

/**
 * Writes the files that have lines. Written again after a crash, they are the same files.
 *
 * @param expiresAt milliseconds
 */
export async function writeOutputFiles(
  bucket: R2Bucket,
  store: BatchStore,
  batch: { spec: BatchSpec; state: BatchState },
  times: { now: number; expiresAt: number },
): Promise<IndexedFile[]> {
  const { spec } = batch;
  const output = new OutputFile(bucket, spec, spec.outputFileId, 'output');
  const errors = new OutputFile(bucket, spec, spec.errorFileId, 'error');
  try {
    for (const entry of resultsInInputOrder(store, batch)) {
      if (entry.status === 'completed') await output.add(successLine(spec, entry));
      else await errors.add(failureLine(spec, entry));
      if (entry.index % LINES_A_TURN === LINES_A_TURN - 1) await scheduler.wait(0);
    }
    const files = [await output.finish(times), await errors.finish(times)];
    return files.filter((file) => file !== null);
  } catch (error) {
    await Promise.all([output.abort(), errors.abort()]);
    throw error;
  }
}

class OutputFile {
  readonly #spec: BatchSpec;
  readonly #id: string;
  readonly #kind: string;
  readonly #key: string;
  readonly #writer: ObjectWriter;

  constructor(bucket: R2Bucket, spec: BatchSpec, id: string, kind: 'output' | 'error') {
    this.#spec = spec;
    this.#id = id;
    this.#kind = kind;
    this.#key = fileKey(spec.accountId, id);
    this.#writer = new ObjectWriter(bucket, this.#key);
  }

  async add(line: Uint8Array): Promise<void> {
    await this.#writer.write(line);
  }

  /** The file's entry in the account's index; null for one without lines, of which nothing is stored. */
  async finish({ now, expiresAt }: { now: number; expiresAt: number }): Promise<IndexedFile | null> {
    const { size } = this.#writer;
    if (size === 0) return null;
    const sha256 = await this.#writer.finish();
    return {
      id: this.#id,
      filename: `${this.#spec.id}_${this.#kind}.jsonl`,
      size,
      contentType: JSON_LINES_TYPE,
      purpose: 'batch_output',
      createdAt: now,
      expiresAt,
      sha256,
      r2Key: this.#key,
    };
  }

  async abort(): Promise<void> {
    await this.#writer.abort();
  }
}

/** The completion is taken out of the stored result as bytes: parsing 50,000 of them would take seconds. */
function successLine(spec: BatchSpec, entry: ResultEntry): Uint8Array {
  const requestId = itemRequestId(spec.id, entry.index);
  const customId = JSON.stringify(entry.customId);
  const head = `{"id":"batch_${requestId}","custom_id":${customId},"response":{"status_code":200,"request_id":"${requestId}","body":`;
  const before = ENCODER.encode(`{"custom_id":${customId},"status_code":200,"body":`).byteLength;
  const after = ',"error":null}'.length;
  return concatBytes([
    ENCODER.encode(head),
    entry.json().subarray(before, -after),
    ENCODER.encode('},"error":null}\n'),
  ]);
}

function failureLine(spec: BatchSpec, entry: ResultEntry): Uint8Array {
  const requestId = itemRequestId(spec.id, entry.index);
  const { status_code: status, error } = JSON.parse(textOf(entry));
  const line = {
    id: `batch_${requestId}`,
    custom_id: entry.customId,
    response: status === null ? null : { status_code: status, request_id: requestId, body: { error } },
    error: status === null ? { code: error.code, message: error.message } : null,
  };
  return ENCODER.encode(`${JSON.stringify(line)}\n`);
}
