import './browser-globals';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { request, requestJson } from '../../src/console/api/request';
import { saveAnswer } from '../../src/console/api/save-answer';
import { streamChat } from '../../src/console/api/stream-chat';
import { uploadFile } from '../../src/console/api/upload-file';
import { en } from '../../src/console/messages/en';
import { accountKey, refusal, signIn } from '../../src/console/session';

const BROKEN_OFF = { name: 'ApiFailure', type: 'network', message: en.errors.noAnswer };

const REFUSED_KEY = {
  error: {
    type: 'authentication_error',
    code: 'authentication_error',
    message: 'This key was revoked',
    param: null,
    request_id: 'req_1',
  },
};

/** As `fetch` gives an answer whose connection breaks after its first bytes. */
function brokenAnswer(begin: string, status = 200): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(begin)),
    pull: (controller) => controller.error(new TypeError('network error')),
  });
  return new Response(body, { status });
}

function answerWith(response: Response): void {
  vi.spyOn(globalThis, 'fetch').mockResolvedValue(response);
}

/** A browser's upload that is answered at once. */
function answerUploadsWith(status: number, responseText: string): void {
  class Upload extends EventTarget {
    readonly upload = new EventTarget();
    readonly status = status;
    readonly responseText = responseText;
    open(): void {}
    setRequestHeader(): void {}
    getResponseHeader(): string | null {
      return null;
    }
    send(): void {
      this.dispatchEvent(new Event('load'));
    }
  }
  vi.stubGlobal('XMLHttpRequest', Upload);
}

const upload = () => uploadFile(new File(['text'], 'a.txt'), { purpose: 'user_data' });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('an answer that breaks off', () => {
  it('is told as such, a success', async () => {
    answerWith(brokenAnswer('{"object":'));
    await expect(requestJson('GET', '/api/v1/files')).rejects.toMatchObject(BROKEN_OFF);
  });

  it('is told as such, an error', async () => {
    answerWith(brokenAnswer('{"error":', 500));
    await expect(request('GET', '/api/v1/files')).rejects.toMatchObject(BROKEN_OFF);
  });

  it('is told as such, a streamed chat', async () => {
    answerWith(brokenAnswer('data: {"choices":[],"usage":null}\n\n'));
    const chunks = streamChat({}, new AbortController().signal);
    expect((await chunks.next()).value).toEqual({ choices: [], usage: null });
    await expect(chunks.next()).rejects.toMatchObject(BROKEN_OFF);
  });
});

describe('a refused key', () => {
  it('ends the session', async () => {
    signIn('qk_1');
    answerWith(Response.json(REFUSED_KEY, { status: 401 }));
    await expect(request('GET', '/api/v1/files')).rejects.toMatchObject({ status: 401 });
    expect(accountKey.value).toBeNull();
    expect(refusal.value).toMatchObject({ message: 'This key was revoked', requestId: 'req_1' });
  });

  it('ends the session when a file is uploaded, too', async () => {
    signIn('qk_1');
    answerUploadsWith(401, JSON.stringify(REFUSED_KEY));
    await expect(upload()).rejects.toMatchObject({ status: 401 });
    expect(accountKey.value).toBeNull();
    expect(refusal.value).toMatchObject({ message: 'This key was revoked' });
  });

  it('that is only tried ends nothing', async () => {
    signIn('qk_1');
    answerWith(Response.json(REFUSED_KEY, { status: 401 }));
    await expect(request('GET', '/api/v1/models', { key: 'qk_2' })).rejects.toMatchObject({ status: 401 });
    expect(accountKey.value).toBe('qk_1');
  });
});

describe('an upload', () => {
  it('gives the file it made', async () => {
    answerUploadsWith(200, '{"id":"file_1"}');
    expect(await upload()).toEqual({ id: 'file_1' });
  });

  it('fails where the answer is not the server’s', async () => {
    answerUploadsWith(200, '<html>');
    await expect(upload()).rejects.toBeInstanceOf(SyntaxError);
  });
});

describe('a download into a chosen file', () => {
  /** A file that was chosen, which keeps what is written once the writing has ended. */
  function chooseFile() {
    const file = { content: new Blob([]), removed: false };
    const createWritable = async () => {
      const chunks: BlobPart[] = [];
      return new WritableStream<BlobPart>({
        write: (chunk) => void chunks.push(chunk),
        close: () => {
          file.content = new Blob(chunks);
        },
      });
    };
    const handle = {
      createWritable,
      getFile: async () => file.content,
      remove: async () => {
        file.removed = true;
      },
    };
    vi.stubGlobal('window', { showSaveFilePicker: async () => handle });
    return file;
  }

  it('fills it', async () => {
    const file = chooseFile();
    await saveAnswer('a.jsonl', null, async () => new Response('results'));
    expect(await file.content.text()).toBe('results');
    expect(file.removed).toBe(false);
  });

  it('leaves no empty file where it breaks off', async () => {
    const file = chooseFile();
    const saved = saveAnswer('a.jsonl', null, async () => brokenAnswer('res'));
    await expect(saved).rejects.toMatchObject(BROKEN_OFF);
    expect(file.removed).toBe(true);
  });

  it('leaves no empty file where it is refused', async () => {
    const file = chooseFile();
    answerWith(Response.json(REFUSED_KEY, { status: 403 }));
    const saved = saveAnswer('a.jsonl', null, () => request('GET', '/api/v1/files/file_1/content'));
    await expect(saved).rejects.toMatchObject({ status: 403 });
    expect(file.removed).toBe(true);
  });

  it('leaves a file that holds something', async () => {
    const file = chooseFile();
    file.content = new Blob(['of before']);
    await expect(saveAnswer('a.jsonl', null, async () => brokenAnswer('res'))).rejects.toMatchObject(
      BROKEN_OFF,
    );
    expect(file.removed).toBe(false);
  });
});
