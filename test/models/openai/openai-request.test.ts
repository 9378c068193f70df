import { describe, expect, it } from 'vitest';
import type { ResponseFormat } from '../../../src/contract/chat';
import type { ModelMessage } from '../../../src/models/model';
import { openaiRequest } from '../../../src/models/openai/openai-request';
import { allowing } from '../provider-wire';
import { callOf, UPSTREAM } from './upstream';

const bytes = (...values: number[]) => new Uint8Array(values);

describe('the request to an OpenAI-compatible upstream', () => {
  it('is the client’s, under the upstream’s model', () => {
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }];
    const request = {
      temperature: 0.2,
      n: 2,
      logprobs: true,
      top_logprobs: 3,
      tools,
      tool_choice: 'required' as const,
      reasoning_effort: 'low',
      max_completion_tokens: 50,
      seed: null,
      // Not on our page, and not ours to judge.
      provider: { order: ['DeepInfra'] },
      min_p: 0.1,
    };
    expect(openaiRequest(UPSTREAM, callOf(request), false)).toEqual({
      ...request,
      model: 'acme-large',
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });

  it('asks for the usage of every stream, and keeps what is ours to itself', () => {
    const request = {
      metadata: { job: 'a' },
      service_tier: 'priority',
      stream: true,
      stream_options: { include_usage: false, include_obfuscation: false },
    };
    const messages = [{ role: 'user', content: 'Hi' }];
    expect(openaiRequest(UPSTREAM, callOf(request), true)).toEqual({
      model: 'acme-large',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(openaiRequest(UPSTREAM, callOf(request), false)).toEqual({ model: 'acme-large', messages });
  });

  it('has every kind of part in OpenAI’s words', () => {
    const messages: ModelMessage[] = [
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      {
        role: 'user',
        name: 'kim',
        content: [
          { type: 'text', text: '무엇인가요?' },
          { type: 'image', mediaType: 'image/png', bytes: bytes(1, 2, 3), filename: null },
          { type: 'audio', mediaType: 'audio/mpeg', bytes: bytes(4), filename: 'a.mp3' },
          { type: 'audio', mediaType: 'audio/wav', bytes: bytes(5), filename: null },
          { type: 'document', mediaType: 'application/pdf', bytes: bytes(6), filename: '보고서.pdf' },
          { type: 'document', mediaType: 'application/pdf', bytes: bytes(7), filename: null },
          {
            type: 'document',
            mediaType: 'text/csv',
            bytes: new TextEncoder().encode('a,b\n1,둘'),
            filename: 'x.csv',
          },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'done' },
    ];
    expect(openaiRequest(UPSTREAM, callOf({}, messages), false)).toEqual({
      model: 'acme-large',
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
        {
          role: 'user',
          name: 'kim',
          content: [
            { type: 'text', text: '무엇인가요?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
            { type: 'input_audio', input_audio: { data: 'BA==', format: 'mp3' } },
            { type: 'input_audio', input_audio: { data: 'BQ==', format: 'wav' } },
            {
              type: 'file',
              file: { filename: '보고서.pdf', file_data: 'data:application/pdf;base64,Bg==' },
            },
            {
              type: 'file',
              file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,Bw==' },
            },
            { type: 'text', text: 'a,b\n1,둘' },
          ],
        },
        messages[2],
        messages[3],
      ],
    });
  });

  it('tells of allowed tools and refusals as they came to OpenAI alone', () => {
    const tools = ['f', 'g'].map((name) => ({ type: 'function' as const, function: { name } }));
    const request = { tools, tool_choice: allowing('g') };
    const messages: ModelMessage[] = [
      { role: 'assistant', content: null, refusal: 'No.' },
      { role: 'assistant', content: 'Yes.', refusal: null },
    ];
    const bodyAt = (baseUrl: string | null) =>
      openaiRequest(
        { ...UPSTREAM, provider: { ...UPSTREAM.provider, baseUrl } },
        callOf(request, messages),
        false,
      );
    for (const baseUrl of [null, 'https://api.openai.com/v1']) {
      expect(bodyAt(baseUrl)).toEqual({ ...request, model: 'acme-large', messages });
    }
    expect(bodyAt('https://api.openai.com.test/v1')).toEqual({
      tools: [tools[1]],
      tool_choice: 'required',
      model: 'acme-large',
      messages: [
        { role: 'assistant', content: 'No.' },
        { role: 'assistant', content: 'Yes.' },
      ],
    });
  });

  it('names a schema only to an upstream that knows schemas', () => {
    const schema: ResponseFormat = {
      type: 'json_schema',
      json_schema: { name: 'answer', strict: true, schema: { type: 'object' } },
    };
    const bodyFor = (format: ResponseFormat, hasJsonSchema: boolean) =>
      openaiRequest({ ...UPSTREAM, hasJsonSchema }, callOf({ response_format: format }), false);
    expect(bodyFor(schema, true)).toHaveProperty('response_format', schema);
    expect(bodyFor(schema, false)).not.toHaveProperty('response_format');
    const json: ResponseFormat = { type: 'json_object' };
    expect(bodyFor(json, false)).toHaveProperty('response_format', json);
  });
});
