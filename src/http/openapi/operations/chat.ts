// Chat completions, the same on both surfaces.
import * as z from 'zod';
import { chatChunk, chatCompletion, chatRequest } from '../../../contract/chat';
import { errorAnswer } from '../../../contract/errors';
import { CHAT_REQUESTS, COMPLETION, STREAM, STRUCTURED_COMPLETION, TOOL_COMPLETION } from '../examples/chat';
import { json, type Operation, onBothSurfaces } from '../operation';

const DESCRIPTION = `Takes OpenAI's chat-completion request. Parameters that are not listed pass through to OpenAI-compatible providers.

- **Content parts** come in two dialects that mix freely: \`image\`, \`document\` and \`audio\` with a \`source\` (inline base64, a URL or an
  uploaded file), and OpenAI's \`image_url\`, \`input_audio\` and \`file\`.
- **Tools**: each call of an assistant message is answered by one \`tool\` message before anything else follows.
- **Structured outputs**: with \`response_format\` the content parses and, where \`strict\`, fits the schema, whatever the model. A
  violation is sent back to the model at most twice; \`structured_output\` says how it was enforced.
- **Streams** (\`stream: true\`): \`data:\` lines with chunks, then \`data: [DONE]\`. An error before the first chunk is an ordinary answer; a
  later one is the last event, \`data: {"error": …}\`, without \`[DONE]\`. Comments (\`: keep-alive\`) keep the connection open. A client that
  leaves ends the model's work and is charged for what was generated.
- **Cost** is exact to the nano-dollar, and null for a model without a known price.

The built-in model \`sandbox\` answers without network; \`@sandbox error=<type>\` in the last message makes it fail with any error below.`;

export const chatOperations = (): Operation[] =>
  onBothSurfaces((prefix) => [
    {
      method: 'post',
      path: `${prefix}/chat/completions`,
      id: 'createChatCompletion',
      tag: 'Chat',
      summary: 'Complete a chat',
      description: DESCRIPTION,
      security: 'account',
      creates: true,
      body: { content: json(chatRequest, CHAT_REQUESTS) },
      answers: {
        200: {
          description: 'The completion, or with `stream: true` its events.',
          content: {
            ...json(chatCompletion, {
              text: { summary: 'Text', value: COMPLETION },
              tools: { summary: 'Tool calls', value: TOOL_COMPLETION },
              structured: { summary: 'Structured output', value: STRUCTURED_COMPLETION },
            }),
            'text/event-stream': {
              items: z.object({ data: z.union([chatChunk, errorAnswer, z.literal('[DONE]')]) }),
              examples: { stream: { summary: 'A stream with its usage', value: STREAM } },
            },
          },
        },
      },
      errors: [
        'body_invalid',
        'content_policy_violation',
        'context_length_exceeded',
        'invalid_tool_call',
        'model_not_found',
        'method_not_allowed',
        'chat_too_large',
        'file_too_large',
        'part_type_unsupported',
        'provider_busy',
        'token_limit_exceeded',
        'budget_exceeded',
        'model_error',
        'model_overloaded',
        'model_timeout',
      ],
    },
  ]);
