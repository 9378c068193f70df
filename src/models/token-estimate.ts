// Token counts without a tokenizer: `tokenx`'s rules for text, stated flat rules for everything else.
// Real tokenizers are a megabyte each and take seconds on hostile text; a provider's own usage is the truth.
import { estimateTokenCount, sliceByTokens } from 'tokenx';
import {
  type ChatRequest,
  type ContentPart,
  type RefusalPart,
  type Usage,
  usageFrom,
} from '../contract/chat';
import { imageSize } from './image-size';
import type { ModelCall, ModelMessage, ModelPart } from './model';

/** Role and separators of one message, as in OpenAI's published counting recipe. */
const MESSAGE_OVERHEAD_TOKENS = 3;

// Images, OpenAI's published rule: fit into 2048 × 2048, shrink the shorter side to 768, count tiles of 512 × 512.
const IMAGE_FIT_PIXELS = 2048;
const IMAGE_SHORT_SIDE_PIXELS = 768;
const IMAGE_TILE_PIXELS = 512;
const IMAGE_BASE_TOKENS = 85;
const IMAGE_TILE_TOKENS = 170;
/** A square image of ordinary size, for one whose size cannot be read. */
const IMAGE_UNKNOWN_TOKENS = IMAGE_BASE_TOKENS + 4 * IMAGE_TILE_TOKENS;

/** Ten tokens a second of sound, at these types' usual bit rates (48,000, 16,000 and 8,000 bytes a second). */
const AUDIO_BYTES_PER_TOKEN: Record<string, number> = {
  'audio/wav': 4800,
  'audio/mpeg': 1600,
  'audio/ogg': 800,
};
const AUDIO_BYTES_PER_TOKEN_OTHERWISE = 1600;

/** English prose has about four bytes a token. */
const TEXT_DOCUMENT_BYTES_PER_TOKEN = 4;
/** A PDF page of 50 KB holds about a thousand tokens of text. */
const PDF_BYTES_PER_TOKEN = 50;

/** A minute of sound, and two pages, for what has not been read yet. */
const AUDIO_UNKNOWN_TOKENS = 600;
const DOCUMENT_UNKNOWN_TOKENS = 2_000;

/** Tokens of a prompt by kind. Documents and tool definitions count as text. */
export interface PromptTokens {
  text: number;
  image: number;
  audio: number;
  /** How much of `text` says little: a PDF's bytes may be a few scanned pages. Enough to reserve by, not to refuse. */
  guessed: number;
}

/** Tokens of a text, linear in its length. */
export function estimateTextTokens(text: string): number {
  return estimateTokenCount(text);
}

/** The beginning of a text: at most about `tokens` tokens of it, never half a character. */
export function firstTokens(text: string, tokens: number): string {
  return sliceByTokens(text, 0, tokens);
}

/** Everything a model reads for this request: messages, their parts, tools and the response's schema. */
export function estimatePromptTokens(request: ChatRequest, messages: readonly ModelMessage[]): PromptTokens {
  const total: PromptTokens = { text: 0, image: 0, audio: 0, guessed: 0 };
  for (const message of messages) addMessage(total, message, addPart);
  addInstructions(total, request);
  return total;
}

/** The usage of an answer of so many tokens, where no provider counts them. */
export function estimatedUsage({ request, messages }: ModelCall, completion: number): Usage {
  const { text, image, audio } = estimatePromptTokens(request, messages);
  return usageFrom({ prompt: text + image + audio, completion, image, audio });
}

/** Estimates of requests at work: each is asked for when the request is admitted, and again when it is prepared. */
const UNREAD_ESTIMATES = new WeakMap<ChatRequest, Readonly<PromptTokens>>();

/** The same before any part is read: text as it is, everything else by a flat rule. Without parts to read it is the same. */
export function estimateUnreadPromptTokens(request: ChatRequest): Readonly<PromptTokens> {
  const known = UNREAD_ESTIMATES.get(request);
  if (known !== undefined) return known;
  const total: PromptTokens = { text: 0, image: 0, audio: 0, guessed: 0 };
  for (const message of request.messages) addMessage(total, message, addUnreadPart);
  addInstructions(total, request);
  UNREAD_ESTIMATES.set(request, total);
  return total;
}

/** What is known of a part whose bytes are not at hand. */
export interface PartSize {
  bytes: number;
  mediaType: string;
}

/** A part by its size, as it will be estimated once it is read; an image by a flat rule, since its bytes say little. */
export function estimateSizedPart({ bytes, mediaType }: PartSize): PromptTokens {
  const total: PromptTokens = { text: 0, image: 0, audio: 0, guessed: 0 };
  if (mediaType.startsWith('image/')) total.image += IMAGE_UNKNOWN_TOKENS;
  else if (mediaType.startsWith('audio/')) addAudio(total, bytes, mediaType);
  else addDocument(total, bytes, mediaType);
  return total;
}

/** A part by the flat rule of its kind. */
export function estimateUnreadPart(part: ContentPart): PromptTokens {
  const total: PromptTokens = { text: 0, image: 0, audio: 0, guessed: 0 };
  addUnreadPart(total, part);
  return total;
}

/** How many parts of a request are still to be read. */
export function countUnreadParts({ messages }: ChatRequest): number {
  const isUnread = ({ type }: ContentPart | RefusalPart) => type !== 'text' && type !== 'refusal';
  return messages.reduce(
    (sum, { content }) => sum + (Array.isArray(content) ? content.filter(isUnread).length : 0),
    0,
  );
}

function addMessage<Part>(
  total: PromptTokens,
  message: { content?: string | Part[] | null | undefined; refusal?: unknown; tool_calls?: unknown },
  add: (total: PromptTokens, part: Part) => void,
): void {
  total.text += MESSAGE_OVERHEAD_TOKENS;
  if (typeof message.content === 'string') total.text += estimateTextTokens(message.content);
  else for (const part of message.content ?? []) add(total, part);
  if (typeof message.refusal === 'string') total.text += estimateTextTokens(message.refusal);
  if (message.tool_calls) total.text += estimateTextTokens(JSON.stringify(message.tool_calls));
}

function addInstructions(total: PromptTokens, request: ChatRequest): void {
  if (request.tools) total.text += estimateTextTokens(JSON.stringify(request.tools));
  if (request.response_format?.type === 'json_schema') {
    total.text += estimateTextTokens(JSON.stringify(request.response_format.json_schema));
  }
}

function addUnreadPart(total: PromptTokens, part: ContentPart | RefusalPart): void {
  if (part.type === 'text') total.text += estimateTextTokens(part.text);
  else if (part.type === 'refusal') total.text += estimateTextTokens(part.refusal);
  else if (part.type === 'image' || part.type === 'image_url') total.image += IMAGE_UNKNOWN_TOKENS;
  else if (part.type === 'audio' || part.type === 'input_audio') total.audio += AUDIO_UNKNOWN_TOKENS;
  else {
    total.text += DOCUMENT_UNKNOWN_TOKENS;
    total.guessed += DOCUMENT_UNKNOWN_TOKENS;
  }
}

function addPart(total: PromptTokens, part: ModelPart): void {
  switch (part.type) {
    case 'text':
      total.text += estimateTextTokens(part.text);
      return;
    case 'image':
      total.image += imageTokens(part.bytes);
      return;
    case 'audio':
      addAudio(total, part.bytes.byteLength, part.mediaType);
      return;
    case 'document':
      addDocument(total, part.bytes.byteLength, part.mediaType);
      return;
  }
}

function addAudio(total: PromptTokens, bytes: number, mediaType: string): void {
  total.audio += Math.ceil(bytes / (AUDIO_BYTES_PER_TOKEN[mediaType] ?? AUDIO_BYTES_PER_TOKEN_OTHERWISE));
}

function addDocument(total: PromptTokens, bytes: number, mediaType: string): void {
  const isText = mediaType.startsWith('text/');
  const tokens = Math.ceil(bytes / (isText ? TEXT_DOCUMENT_BYTES_PER_TOKEN : PDF_BYTES_PER_TOKEN));
  total.text += tokens;
  if (!isText) total.guessed += tokens;
}

function imageTokens(bytes: Uint8Array): number {
  const size = imageSize(bytes);
  if (size === null || size.width === 0 || size.height === 0) return IMAGE_UNKNOWN_TOKENS;
  const fit = Math.min(1, IMAGE_FIT_PIXELS / Math.max(size.width, size.height));
  const scale = Math.min(fit, IMAGE_SHORT_SIDE_PIXELS / Math.min(size.width, size.height));
  const tiles = (pixels: number) => Math.max(1, Math.ceil((pixels * scale) / IMAGE_TILE_PIXELS));
  return IMAGE_BASE_TOKENS + IMAGE_TILE_TOKENS * tiles(size.width) * tiles(size.height);
}
