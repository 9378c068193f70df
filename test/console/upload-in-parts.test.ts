import './browser-globals';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { uploadFile } from '../../src/console/api/upload-file';
import { PART_BYTES, PARTS_AT_ONCE, uploadInParts } from '../../src/console/api/upload-in-parts';
import { signIn } from '../../src/console/session';
import { BATCH_INPUT_LIMIT_BYTES } from '../../src/contract/limits';

const LAST_BYTES = 1_000;
const COUNT = 5;
const FILE = new File([new Uint8Array((COUNT - 1) * PART_BYTES + LAST_BYTES).fill(1)], 'large.txt', {
  type: 'text/plain',
});

/** What a part's sending meets: an answer's status, or none. */
type Meets = (bytes: number) => number | 'no answer' | 'nothing yet';

/** The API, as far as an upload in parts asks it. */
class Uploads {
  readonly asked: { path: string; key: string | null; body: unknown }[] = [];
  /** Bytes of the parts that arrived, by their ids. */
  readonly parts = new Map<string, number>();
  mostAtOnce = 0;
  onItsWay = 0;

  start(meets: Meets): void {
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const path = String(input);
      init?.signal?.throwIfAborted();
      const body = typeof init?.body === 'string' ? JSON.parse(init.body) : null;
      this.asked.push({ path, key: new Headers(init?.headers).get('authorization'), body });
      if (path.endsWith('/complete')) return Response.json({ file: { id: 'file_1' } });
      return Response.json({ id: 'upload_1', status: 'pending', file: null });
    });
    const uploads = this;
    class Request extends EventTarget {
      readonly upload = new EventTarget();
      status = 0;
      responseText = '';
      #isOpen = false;
      open(_method: string, path: string): void {
        expect(path).toBe('/api/v1/uploads/upload_1/parts');
      }
      setRequestHeader(): void {}
      getResponseHeader(): string | null {
        return null;
      }
      #end(): void {
        if (this.#isOpen) uploads.onItsWay -= 1;
        this.#isOpen = false;
      }
      abort(): void {
        if (!this.#isOpen) return;
        this.#end();
        this.dispatchEvent(new Event('abort'));
      }
      async send(form: FormData): Promise<void> {
        const part = form.get('data') as File;
        this.#isOpen = true;
        uploads.onItsWay += 1;
        uploads.mostAtOnce = Math.max(uploads.mostAtOnce, uploads.onItsWay);
        this.upload.dispatchEvent(Object.assign(new Event('progress'), { loaded: 1, total: 2 }));
        const met = meets(part.size);
        if (met === 'nothing yet') return;
        // Later parts arrive before earlier ones.
        await new Promise((resolve) => setTimeout(resolve, 100 - uploads.parts.size));
        if (!this.#isOpen) return;
        this.#end();
        if (met === 'no answer') return void this.dispatchEvent(new Event('error'));
        this.status = met;
        const id = `part_${uploads.parts.size}`;
        this.responseText = JSON.stringify({ id, error: { type: 'conflict', message: 'no', param: null } });
        if (met === 200) uploads.parts.set(id, part.size);
        this.upload.dispatchEvent(Object.assign(new Event('progress'), { loaded: 2, total: 2 }));
        this.dispatchEvent(new Event('load'));
      }
    }
    vi.stubGlobal('XMLHttpRequest', Request);
  }

  bodyOf(path: string): unknown {
    return this.asked.find((asked) => asked.path.endsWith(path))?.body;
  }

  get paths(): string[] {
    return this.asked.map(({ path }) => path);
  }
}

let api: Uploads;

beforeEach(() => {
  vi.useFakeTimers();
  signIn('qk_1');
  api = new Uploads();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** What became of it, once all its waits are over. */
async function outcome<T>(upload: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [[settled]] = await Promise.all([Promise.allSettled([upload]), vi.runAllTimersAsync()]);
  return settled;
}

describe('a large file', () => {
  it('goes in slices, some at once, and is made of them in its own order', async () => {
    api.start(() => 200);
    const shares: number[] = [];
    const upload = uploadInParts(FILE, {
      purpose: 'user_data',
      expiresAfter: 3600,
      onProgress: (share) => shares.push(share),
    });
    expect(await outcome(upload)).toMatchObject({ value: { id: 'file_1' } });
    expect(api.bodyOf('/uploads')).toEqual({
      bytes: FILE.size,
      filename: 'large.txt',
      mime_type: 'text/plain',
      purpose: 'user_data',
      expires_after: { anchor: 'created_at', seconds: 3600 },
    });
    const { part_ids: ids } = api.bodyOf('/complete') as { part_ids: string[] };
    expect(new Set(ids).size).toBe(COUNT);
    expect(ids.map((id) => api.parts.get(id))).toEqual([
      ...new Array(COUNT - 1).fill(PART_BYTES),
      LAST_BYTES,
    ]);
    expect(api.mostAtOnce).toBe(PARTS_AT_ONCE);
    expect(shares.toSorted((a, b) => a - b)).toEqual(shares);
    expect(shares.at(-1)).toBe(1);
  });

  it('goes so by itself, and one that is too large not at all', async () => {
    api.start(() => 200);
    const large = new File([new Uint8Array(90 * 1024 ** 2 + 1)], 'a.jsonl');
    expect(await outcome(uploadFile(large, { purpose: 'batch' }))).toMatchObject({ value: { id: 'file_1' } });
    expect(api.bodyOf('/uploads')).toMatchObject({ mime_type: 'application/octet-stream', purpose: 'batch' });
    const tooLarge = { name: 'b.jsonl', size: BATCH_INPUT_LIMIT_BYTES + 1 } as File;
    expect(await outcome(uploadFile(tooLarge, { purpose: 'batch' }))).toMatchObject({
      reason: { type: 'file_too_large', message: 'A file cannot be larger than 200 MB' },
    });
    expect(api.paths).toHaveLength(2);
  });

  it('sends a part again that did not arrive', async () => {
    let lost = 0;
    api.start((bytes) => {
      if (bytes !== LAST_BYTES || lost === 4) return 200;
      lost += 1;
      return 'no answer';
    });
    expect(await outcome(uploadInParts(FILE, { purpose: 'user_data' }))).toMatchObject({
      value: { id: 'file_1' },
    });
    expect(api.parts.size).toBe(COUNT);
    expect(api.paths).not.toContain('/api/v1/uploads/upload_1/cancel');
  });

  it('is given up, and cancelled on the server, where a part never arrives', async () => {
    api.start((bytes) => (bytes === LAST_BYTES ? 503 : 200));
    expect(await outcome(uploadInParts(FILE, { purpose: 'user_data' }))).toMatchObject({
      reason: { status: 503 },
    });
    expect(api.paths).toEqual(['/api/v1/uploads', '/api/v1/uploads/upload_1/cancel']);
    expect(api.onItsWay).toBe(0);
  });

  it('is given up at once where the server refuses a part, and nothing more is sent', async () => {
    let sent = 0;
    api.start(() => {
      sent += 1;
      return sent === 1 ? 409 : 'nothing yet';
    });
    expect(await outcome(uploadInParts(FILE, { purpose: 'user_data' }))).toMatchObject({
      reason: { status: 409, type: 'conflict' },
    });
    expect(sent).toBe(PARTS_AT_ONCE);
    expect(api.onItsWay).toBe(0);
    expect(api.paths.at(-1)).toBe('/api/v1/uploads/upload_1/cancel');
  });

  it('is cancelled on the server where it is stopped, also by an end of the session', async () => {
    api.start(() => 'nothing yet');
    const controller = new AbortController();
    const upload = uploadInParts(FILE, { purpose: 'user_data', signal: controller.signal });
    await vi.waitFor(() => expect(api.onItsWay).toBe(PARTS_AT_ONCE));
    signIn('qk_2');
    controller.abort();
    expect(await outcome(upload)).toMatchObject({ reason: { name: 'AbortError' } });
    expect(api.onItsWay).toBe(0);
    expect(api.asked.at(-1)).toEqual({
      path: '/api/v1/uploads/upload_1/cancel',
      key: 'Bearer qk_1',
      body: null,
    });
  });
});
