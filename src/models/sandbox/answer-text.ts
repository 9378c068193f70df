// The sandbox model's prose: it quotes the message, reports attachments and quotes tool results, in English or Korean.
import { imageSize } from '../image-size';
import { estimateTextTokens, firstTokens } from '../token-estimate';
import type { Attachment, ToolResult, Turn } from './conversation';

interface Phrases {
  quote(text: string): string;
  nothing: string;
  attached(filename: string | null, facts: string): string;
  bytes(count: number): string;
  pixels(width: number, height: number): string;
  sizeUnknown: string;
  result(name: string, callId: string, text: string): string;
  /** Filler of exactly one token. */
  word: string;
}

const PHRASES: Record<'en' | 'ko', Phrases> = {
  en: {
    quote: (text) => `You said: "${text}"`,
    nothing: 'There was no text to quote.',
    attached: (filename, facts) => `Attached: ${filename === null ? facts : `${filename} (${facts})`}`,
    bytes: (count) => `${count} bytes`,
    pixels: (width, height) => `${width} × ${height} pixels`,
    sizeUnknown: 'size in pixels unknown',
    result: (name, callId, text) => `Result of ${name} (${callId}): ${text}`,
    word: 'word',
  },
  ko: {
    quote: (text) => `보내신 메시지: "${text}"`,
    nothing: '인용할 텍스트가 없습니다.',
    attached: (filename, facts) => `첨부: ${filename === null ? facts : `${filename} (${facts})`}`,
    bytes: (count) => `${count}바이트`,
    pixels: (width, height) => `${width} × ${height} 픽셀`,
    sizeUnknown: '픽셀 크기 알 수 없음',
    result: (name, callId, text) => `${name} (${callId}) 결과: ${text}`,
    word: '말',
  },
};

/** Korean where the message has Hangul, else English. */
function phrasesFor(text: string): Phrases {
  return PHRASES[/[\uac00-\ud7a3\u3131-\u318e]/.test(text) ? 'ko' : 'en'];
}

/** The whole answer in prose. */
export function proseAnswer(turn: Turn): string {
  const phrases = phrasesFor(turn.text);
  if (turn.toolResults.length > 0) {
    return turn.toolResults.map((result) => resultLine(result, phrases)).join('\n');
  }
  const lines = turn.attachments.map((part) => attachmentLine(part, phrases));
  if (turn.text !== '') lines.unshift(phrases.quote(turn.text));
  return lines.length === 0 ? phrases.nothing : lines.join('\n');
}

/** A text cut or filled up to exactly so many estimated tokens. */
export function ofLength(text: string, tokens: number): string {
  const missing = tokens - estimateTextTokens(text);
  return missing < 0 ? firstTokens(text, tokens) : text + ` ${phrasesFor(text).word}`.repeat(missing);
}

function resultLine(result: ToolResult, phrases: Phrases): string {
  return phrases.result(result.name ?? '?', result.callId, result.text);
}

function attachmentLine(part: Attachment, phrases: Phrases): string {
  const facts = [part.mediaType, phrases.bytes(part.bytes.byteLength)];
  if (part.type === 'image') {
    const size = imageSize(part.bytes);
    facts.push(size === null ? phrases.sizeUnknown : phrases.pixels(size.width, size.height));
  }
  return phrases.attached(part.filename, facts.join(', '));
}
