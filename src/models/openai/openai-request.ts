// A call as the body of an OpenAI chat completion: parts in OpenAI's dialect, everything else as the client sent it.
import { encodeBase64 } from '../../platform/base64';
import type { ModelCall, ModelMessage, ModelPart } from '../model';
import type { Upstream } from '../provider';

const AUDIO_FORMATS: Record<string, string> = { 'audio/mpeg': 'mp3', 'audio/wav': 'wav', 'audio/ogg': 'ogg' };

/**
 * The client's request under the upstream's model. `metadata` stays here: upstreams take it only with storage. So does a
 * schema for an upstream that knows none: it stands in the messages.
 */
export function openaiRequest(
  { model, hasJsonSchema }: Upstream,
  { request, messages }: ModelCall,
  stream: boolean,
): object {
  const {
    metadata: _ours,
    stream: _stream,
    stream_options: _options,
    response_format: format,
    ...rest
  } = request;
  return {
    ...rest,
    ...(format && (hasJsonSchema || format.type !== 'json_schema') && { response_format: format }),
    model,
    messages: messages.map(openaiMessage),
    // Usage is always asked for: the account is charged by it.
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  };
}

export function openaiMessage(message: ModelMessage): object {
  if (!Array.isArray(message.content)) return message;
  return { ...message, content: message.content.map(openaiPart) };
}

function openaiPart(part: ModelPart): object {
  switch (part.type) {
    case 'text':
      return part;
    case 'image':
      return {
        type: 'image_url',
        image_url: { url: dataUrl(part.mediaType, part.bytes), ...(part.detail && { detail: part.detail }) },
      };
    case 'audio': {
      const format = AUDIO_FORMATS[part.mediaType] ?? 'wav';
      return { type: 'input_audio', input_audio: { data: encodeBase64(part.bytes), format } };
    }
    case 'document': {
      // A text document is text to every model; OpenAI's `file` takes PDFs alone.
      if (part.mediaType.startsWith('text/'))
        return { type: 'text', text: new TextDecoder().decode(part.bytes) };
      const filename = part.filename ?? 'document.pdf';
      return { type: 'file', file: { filename, file_data: dataUrl(part.mediaType, part.bytes) } };
    }
  }
}

function dataUrl(mediaType: string, bytes: Uint8Array): string {
  return `data:${mediaType};base64,${encodeBase64(bytes)}`;
}
