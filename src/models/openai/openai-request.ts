// A call as the body of an OpenAI chat completion: parts in OpenAI's dialect, everything else as the client sent it.
import type { ChatRequest } from '../../contract/chat';
import type { Encode } from '../../platform/late-base64';
import type { ModelCall, ModelMessage, ModelPart } from '../model';
import type { Upstream } from '../provider';
import { offeredTools } from '../tool-choice';

const AUDIO_FORMATS: Record<string, string> = { 'audio/mpeg': 'mp3', 'audio/wav': 'wav', 'audio/ogg': 'ogg' };

/** OpenAI's own API knows `allowed_tools` and refusals in messages. Others refuse what they do not know. */
const OPENAI_URL = 'https://api.openai.com/';

const inBase64: Encode = (bytes) => bytes.toBase64();

/**
 * The client's request under the upstream's model. `metadata` stays here: upstreams take it only with storage. So does
 * `service_tier`, since a tier has prices that the catalogue does not know, and a schema for an upstream that knows none:
 * it stands in the messages.
 */
export function openaiRequest(
  { provider, model, hasJsonSchema }: Upstream,
  { request, messages }: ModelCall,
  stream: boolean,
  encode: Encode = inBase64,
): object {
  const {
    metadata: _ours,
    service_tier: _standard,
    stream: _stream,
    stream_options: _options,
    response_format: format,
    ...rest
  } = request;
  const isOpenai = provider.baseUrl === null || `${provider.baseUrl}/`.startsWith(OPENAI_URL);
  return {
    ...rest,
    ...(!isOpenai && plainToolChoice(request)),
    ...(format && (hasJsonSchema || format.type !== 'json_schema') && { response_format: format }),
    model,
    messages: messages.map((message) => openaiMessage(isOpenai ? message : withoutRefusal(message), encode)),
    // Usage is always asked for: the account is charged by it.
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  };
}

/** A refusal as the text that it is. */
export function withoutRefusal({ refusal, ...message }: ModelMessage): ModelMessage {
  const isAll = typeof refusal === 'string' && (message.content?.length ?? 0) === 0;
  return isAll ? { ...message, content: refusal } : message;
}

/** Allowed tools as the only ones offered. */
function plainToolChoice(request: ChatRequest): object {
  const choice = request.tool_choice;
  if (typeof choice !== 'object' || choice?.type !== 'allowed_tools') return {};
  const offered = offeredTools(request);
  return { tools: offered.tools, tool_choice: offered.choice };
}

export function openaiMessage(message: ModelMessage, encode: Encode = inBase64): object {
  if (!Array.isArray(message.content)) return message;
  return { ...message, content: message.content.map((part) => openaiPart(part, encode)) };
}

function openaiPart(part: ModelPart, encode: Encode): object {
  const dataUrl = (mediaType: string, bytes: Uint8Array) => `data:${mediaType};base64,${encode(bytes)}`;
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
      return { type: 'input_audio', input_audio: { data: encode(part.bytes), format } };
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
