// Brings the content parts of both dialects, from any source, down to bytes of a known type.
import type { ChatMessage, ChatRequest, ContentPart, PartSource, RefusalPart } from '../contract/chat';
import { ApiError, atParam } from '../contract/errors';
import { PARTS_LIMIT_BYTES } from '../contract/limits';
import type { Detail } from '../contract/messages/en';
import { checkMediaType } from '../files/media-type';
import type { CatalogueModel } from '../models/catalogue';
import type { ModelMessage, ModelPart } from '../models/model';
import { decodeBase64 } from '../platform/base64';
import type { TargetPolicy } from '../platform/guarded-fetch';
import { fetchRemotePart } from './remote-part';

/** Where parts may be read from. */
export interface PartReader {
  /** URLs of files on this origin are read without a network hop. */
  ownOrigin: string;
  /** Where all other URLs may lead. */
  targets: TargetPolicy;
  /** A whole file of the account, or null where it has none of this id. */
  readFile(
    id: string,
    limitBytes: number,
  ): Promise<{ bytes: Uint8Array; mediaType: string; filename: string } | null>;
  /** Waits until there is room for so many bytes more; for files, `readFile` does. Whoever is not to wait has none. */
  makeRoom?(bytes: number): Promise<void>;
}

/** What is behind a URL is not known before it is fetched: as much as an image may have at most providers. */
const REMOTE_ROOM_BYTES = 4 * 1024 ** 2;

const BYTES_PER_BASE64_CHARACTER = 3 / 4;

type BinaryPart = Exclude<ModelPart, { type: 'text' }>;
type Modality = BinaryPart['type'];

/** A part in either dialect, as what it says: which kind, from where, and where in the request. */
interface PartOrder {
  /** null for OpenAI's `file`, which is whatever its bytes are. */
  modality: Modality | null;
  source: PartSource;
  filename: string | null;
  param: string;
}

/** What a media type is to a model. */
function modalityOf(mediaType: string): Modality {
  if (mediaType.startsWith('image/')) return 'image';
  return mediaType.startsWith('audio/') ? 'audio' : 'document';
}

/**
 * The request's messages with every part's bytes at hand.
 *
 * @throws ApiError `invalid_request`, `unsupported_media_type` or `not_found`, with the part as `param`
 */
export async function resolveMessages(
  request: ChatRequest,
  model: CatalogueModel,
  reader: PartReader,
): Promise<ModelMessage[]> {
  const resolver = new PartResolver(model, reader);
  const messages: ModelMessage[] = [];
  // One after the other: parts count against one limit, and are held in memory together.
  for (const [index, message] of request.messages.entries()) {
    messages.push(await resolver.message(message, `messages[${index}]`));
  }
  return messages;
}

/**
 * Checks the parts whose bytes are in the request, for a request that is run later: files and URLs are read then.
 *
 * @throws ApiError as `resolveMessages` does
 */
export async function checkInlineParts(request: ChatRequest, model: CatalogueModel): Promise<void> {
  const resolver = new PartResolver(model, NO_READER);
  for (const [index, { content }] of request.messages.entries()) {
    if (!Array.isArray(content)) continue;
    for (const [place, part] of (content as (ContentPart | RefusalPart)[]).entries()) {
      await resolver.checkInline(part, `messages[${index}].content[${place}]`);
    }
  }
}

/** The stored files that parts of a request name, by `file_id` or by their URL on this origin, each with its part. */
export function* storedParts(
  { messages }: ChatRequest,
  ownOrigin: string,
): Generator<{ part: ContentPart; fileId: string }> {
  for (const { content } of messages) {
    if (!Array.isArray(content)) continue;
    for (const part of content as (ContentPart | RefusalPart)[]) {
      if (part.type === 'text' || part.type === 'refusal') continue;
      const { source } = orderOf(part, '');
      const fileId = source.type === 'url' ? ownFileId(source.url, ownOrigin) : null;
      if (source.type === 'file') yield { part, fileId: source.file_id };
      else if (fileId !== null) yield { part, fileId };
    }
  }
}

/** For parts that need none. */
const NO_READER: PartReader = {
  ownOrigin: '',
  readFile: () => Promise.resolve(null),
  targets: { allowPrivate: false },
};

class PartResolver {
  readonly #model: CatalogueModel;
  readonly #reader: PartReader;
  #bytesLeft = PARTS_LIMIT_BYTES;

  constructor(model: CatalogueModel, reader: PartReader) {
    this.#model = model;
    this.#reader = reader;
  }

  async message(message: ChatMessage, place: string): Promise<ModelMessage> {
    if (!Array.isArray(message.content)) return { ...message, content: message.content ?? null };
    const content: ModelPart[] = [];
    const refusals: string[] = [];
    for (const [index, part] of (message.content as (ContentPart | RefusalPart)[]).entries()) {
      if (part.type === 'refusal') refusals.push(part.refusal);
      else content.push(await this.#part(part, `${place}.content[${index}]`));
    }
    if (refusals.length === 0) return { ...message, content };
    // The same thing as the member `refusal`, which is the only form below here.
    return { ...message, content: content.length > 0 ? content : null, refusal: refusals.join('\n') };
  }

  async #part(part: ContentPart, place: string): Promise<ModelPart> {
    if (part.type === 'text') return { type: 'text', text: part.text };
    const order = orderOf(part, place);
    const resolved = await this.#resolve(order);
    if (!this.#model.modalities.includes(resolved.type)) {
      throw invalid(['modality_unsupported', resolved.type, this.#model.id], place);
    }
    const detail = part.type === 'image_url' ? part.image_url.detail : null;
    return detail ? { ...resolved, detail } : resolved;
  }

  /** Checks a part whose bytes are in the request; any other is left for later. */
  async checkInline(part: ContentPart | RefusalPart, place: string): Promise<void> {
    if (part.type === 'text' || part.type === 'refusal') return;
    const { source } = orderOf(part, place);
    const isInline = source.type === 'base64' || (source.type === 'url' && /^data:/i.test(source.url));
    if (isInline) await this.#part(part, place);
  }

  async #resolve(order: PartOrder): Promise<BinaryPart> {
    const { source, param } = order;
    if (source.type === 'base64') return this.#inline(order, source.media_type, source.data);
    if (source.type === 'file') return this.#file(order, source.file_id);
    const data = /^data:([^,;]*)(?:;[^,;]+)*?;base64,/i.exec(source.url);
    if (data !== null) return this.#inline(order, data[1] ?? '', source.url.slice(data[0].length));
    const url = URL.parse(source.url);
    if (url === null || !/^https?:$/.test(url.protocol)) throw invalid(['part_url_unsupported'], param);
    if (url.origin !== this.#reader.ownOrigin) return this.#remote(order, url.href);
    const fileId = fileIdOf(url);
    // Nothing else of ours is fetched: a server that calls itself can be made to do so without end.
    if (fileId === null) throw invalid(['part_url_unsupported'], param);
    return this.#file(order, fileId);
  }

  async #inline(
    { modality, filename, param }: PartOrder,
    declared: string,
    data: string,
  ): Promise<BinaryPart> {
    await this.#reader.makeRoom?.(Math.ceil(data.length * BYTES_PER_BASE64_CHARACTER));
    const bytes = decodeBase64(data);
    if (bytes === null || bytes.byteLength === 0) throw invalid(['base64_invalid'], param);
    this.#count(bytes.byteLength, param);
    const mediaType = await checkMediaType({ declared, filename, head: bytes }).catch(atParam(param));
    return partOf(modality, { mediaType, bytes, filename }, param);
  }

  async #file({ modality, param }: PartOrder, id: string): Promise<BinaryPart> {
    const file = await this.#reader.readFile(id, this.#bytesLeft).catch(atParam(param));
    if (file === null) throw new ApiError('not_found', { missing: 'file', param });
    this.#count(file.bytes.byteLength, param);
    return partOf(modality, file, param);
  }

  async #remote({ modality, param }: PartOrder, url: string): Promise<BinaryPart> {
    await this.#reader.makeRoom?.(REMOTE_ROOM_BYTES);
    const part = await fetchRemotePart(url, this.#bytesLeft, this.#reader.targets).catch(atParam(param));
    const beyondBytes = part.bytes.byteLength - REMOTE_ROOM_BYTES;
    if (beyondBytes > 0) await this.#reader.makeRoom?.(beyondBytes);
    this.#count(part.bytes.byteLength, param);
    return partOf(modality, part, param);
  }

  #count(bytes: number, param: string): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) throw invalid(['parts_too_large', PARTS_LIMIT_BYTES / 1024 ** 2], param);
  }
}

function orderOf(part: Exclude<ContentPart, { type: 'text' }>, place: string): PartOrder {
  switch (part.type) {
    case 'image':
    case 'document':
    case 'audio':
      return { modality: part.type, source: part.source, filename: null, param: `${place}.source` };
    case 'image_url': {
      const source: PartSource = { type: 'url', url: part.image_url.url };
      return { modality: 'image', source, filename: null, param: `${place}.image_url.url` };
    }
    case 'input_audio': {
      const { data, format } = part.input_audio;
      const source: PartSource = { type: 'base64', media_type: `audio/${format}`, data };
      return { modality: 'audio', source, filename: null, param: `${place}.input_audio.data` };
    }
    case 'file': {
      const { file_id: id, file_data: data, filename } = part.file;
      if (id) {
        const source: PartSource = { type: 'file', file_id: id };
        return { modality: null, source, filename: null, param: `${place}.file.file_id` };
      }
      if (!data) throw invalid(['field_missing', 'file_id'], `${place}.file`);
      // OpenAI takes a data: URL here; plain base64 is what its users send too.
      const source: PartSource = data.startsWith('data:')
        ? { type: 'url', url: data }
        : { type: 'base64', media_type: '', data };
      return { modality: null, source, filename: filename ?? null, param: `${place}.file.file_data` };
    }
  }
}

function partOf(
  modality: Modality | null,
  content: { mediaType: string; bytes: Uint8Array; filename: string | null },
  param: string,
): BinaryPart {
  const type = modalityOf(content.mediaType);
  if (modality !== null && modality !== type) {
    throw new ApiError('unsupported_media_type', {
      detail: ['media_type_mismatch', modality, content.mediaType],
      param,
    });
  }
  const { mediaType, bytes, filename } = content;
  return { type, mediaType, bytes, filename };
}

function ownFileId(text: string, ownOrigin: string): string | null {
  if (!text.startsWith(ownOrigin)) return null;
  const url = URL.parse(text);
  return url?.origin === ownOrigin ? fileIdOf(url) : null;
}

/** The file a URL of this server's own names, or null. */
function fileIdOf({ pathname }: URL): string | null {
  return /^\/(?:api\/)?v1\/files\/([^/]+)\/content$/.exec(pathname)?.[1] ?? null;
}

function invalid(detail: Detail, param: string): ApiError {
  return new ApiError('invalid_request', { detail, param });
}
