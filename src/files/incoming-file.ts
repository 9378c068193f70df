// A file on its way in, however its bytes come and wherever they go: checked as it streams by, and as a whole at its end.
import type { IndexedFile } from '../accounts/file-index';
import { type ApiError, atParam } from '../contract/errors';
import type { FilePurpose } from '../contract/files';
import { Utf8Check } from '../platform/utf8-check';
import { JsonLinesCheck } from './json-lines-check';
import { checkMediaType, HEAD_BYTES, notUtf8, refuseArchive, TAIL_BYTES } from './media-type';
import type { ObjectWriter } from './object-writer';

/** Where a file's bytes go. */
export type ByteSink = Pick<ObjectWriter, 'size' | 'head' | 'tail' | 'write' | 'finish' | 'abort'>;

/** What a file is found to be. */
export type FileContent = Pick<IndexedFile, 'filename' | 'size' | 'contentType' | 'purpose' | 'sha256'>;

/** What is known of a file before its bytes. */
export interface FileOpening {
  /** The media type its sender states, parameters included. */
  declared: string | null;
  /** Made safe. */
  filename: string;
  /** Null while it may still come. */
  purpose: FilePurpose | null;
}

/** `receive`, then `finish`. After a failure the sink is to be aborted. */
export class IncomingFile {
  readonly #sink: ByteSink;
  readonly #param: string;
  #opening: FileOpening | null = null;
  /** The first bytes. */
  #head: Uint8Array | null = null;
  /** Of a file that may be text, which is served as UTF-8. */
  readonly #utf8 = new Utf8Check();
  /** Null where the file is certainly no batch's. */
  #lines: JsonLinesCheck | null = null;

  /** @param param where in the request the file is: what is wrong with its content is found there */
  constructor(sink: ByteSink, param: string) {
    this.#sink = sink;
    this.#param = param;
  }

  /** @throws ApiError as soon as it is clear that no purpose it may have makes the file acceptable */
  async receive(opening: FileOpening, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { purpose } = opening;
    this.#opening = opening;
    if (purpose === null || purpose === 'batch') this.#lines = new JsonLinesCheck();
    for await (const chunk of content) {
      await this.#sink.write(chunk);
      this.#lines?.add(chunk);
      if (purpose !== 'batch') this.#utf8.add(chunk);
      if (this.#head === null && this.#sink.size >= HEAD_BYTES) {
        this.#head = this.#sink.head(HEAD_BYTES).slice();
        await refuseEarly(opening, this.#head).catch(atParam(this.#param));
      }
      // The type comes first: what is no text at all is told so.
      if (purpose === 'batch' && this.#head !== null) throwProblem(this.#lines?.problem?.at(this.#param));
    }
    this.#head ??= this.#sink.head(HEAD_BYTES).slice();
  }

  /**
   * Checks the whole and finishes the sink.
   *
   * @throws ApiError `unsupported_media_type`, or `invalid_request` for a batch's file
   */
  async finish(purpose: FilePurpose): Promise<FileContent> {
    if (this.#opening === null || this.#head === null) throw new Error('no file was received');
    const { filename } = this.#opening;
    const contentType = await this.#check(this.#opening, this.#head, purpose).catch(atParam(this.#param));
    const { size } = this.#sink;
    return { filename, size, contentType, purpose, sha256: await this.#sink.finish() };
  }

  /** The type that the whole is of. */
  async #check({ declared, filename }: FileOpening, head: Uint8Array, purpose: FilePurpose): Promise<string> {
    const contentType = await checkMediaType({ declared, filename, head, purpose });
    if (purpose === 'batch') throwProblem(this.#lines?.finish());
    else refuseArchive(contentType, this.#sink.tail(TAIL_BYTES));
    if (contentType.startsWith('text/') && !this.#utf8.finish()) throw notUtf8();
    return contentType;
  }
}

/** Spares a client from sending the rest of what no purpose could make acceptable. */
async function refuseEarly({ purpose, ...file }: FileOpening, head: Uint8Array): Promise<void> {
  // While the purpose may still come, it is either `batch` or one of the others, which are all alike.
  const purposes: FilePurpose[] = purpose === null ? ['assistants', 'batch'] : [purpose];
  const checks = await Promise.allSettled(
    purposes.map((candidate) => checkMediaType({ ...file, head, purpose: candidate })),
  );
  const [first] = checks;
  if (first?.status === 'rejected' && checks.every((check) => check.status === 'rejected'))
    throw first.reason;
}

function throwProblem(problem: ApiError | null | undefined): void {
  if (problem) throw problem;
}
