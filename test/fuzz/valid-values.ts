// What makes generated requests real ones: members that must name something, and conversations that fit together.
import type { Choice } from './choice.ts';
import { BATCH_INPUT, IMAGE, UPLOAD_BYTES } from './samples.ts';
import type { Targets } from './targets.ts';
import type { Caller, World } from './world.ts';

const INVALID_URLS = ['not a URL', '//', 'ftp:files', 'javascript:alert(1)', 'http://'];

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Says the weather of a city',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 7 } },
        required: ['city'],
      },
    },
  },
  { type: 'function', function: { name: 'get_time', parameters: { type: 'object', properties: {} } } },
];

const FORMATS = [
  { type: 'text' },
  { type: 'json_object' },
  {
    type: 'json_schema',
    json_schema: {
      name: 'answer',
      strict: true,
      schema: {
        type: 'object',
        properties: {
          title: { type: 'string', minLength: 1 },
          score: { type: 'number', minimum: 0, maximum: 1 },
          tags: { type: 'array', items: { enum: ['a', 'b', 'c'] }, maxItems: 3 },
          next: { anyOf: [{ $ref: '#' }, { type: 'null' }] },
        },
        required: ['title', 'score', 'tags', 'next'],
        additionalProperties: false,
      },
    },
  },
];

export function hintsFor(world: World, caller: Caller, choice: Choice, targets: Targets) {
  const { account } = caller;
  const hints: Record<string, () => unknown> = {
    model: () => 'sandbox',
    messages: () => conversation(world, caller, choice, targets),
    tools: () => TOOLS,
    tool_choice: () => choice.pick([undefined, 'auto', 'none']),
    response_format: () => choice.pick(FORMATS),
    stream: () => choice.chance(0.3),
    n: () => choice.pick([1, 1, 2]),
    max_tokens: () => choice.pick([16, 500, 4000]),
    max_completion_tokens: () => choice.pick([500, 4000]),
    max_cost: () => choice.pick([0, 0.000001, 1]),
    seed: () => choice.int(0, 1000),
    custom_id: () => `item-${choice.int(0, 1e9)}`,
    input_file_id: () => choice.pickAny(world.ids(account, 'input')) ?? 'file_000000000000000000000000',
    webhook_url: () => targetUrl(choice, targets),
    url: () => targetUrl(choice, targets),
    webhook_secret: () => choice.pick(['secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', '비밀']),
    completion_window: () => choice.pick(['24h', '1m', '168h', '90m']),
    endpoint: () => '/v1/chat/completions',
    bytes: () => UPLOAD_BYTES,
    mime_type: () => 'text/plain',
    filename: () => choice.pick(['notes.txt', '메모.txt', 'a b.txt']),
    purpose: () => choice.pick(['assistants', 'user_data', 'evals']),
    seconds: () => choice.pick([3600, 2_592_000]),
    expires_at: () => choice.pick(['2030-01-01T00:00:00Z', '2030-01-01T09:00:00+09:00', null]),
    requests_per_minute: () => choice.pick([null, 600, 0]),
  };
  // A copy: what becomes of a value is changed later.
  return (name: string): unknown =>
    Object.hasOwn(hints, name) ? structuredClone(hints[name]?.()) : undefined;
}

function targetUrl(choice: Choice, targets: Targets): string {
  return choice.weighted<() => string>([
    [6, () => `${targets.receiver}/${choice.pick(['ok', 'gone', 'failing', 'redirect'])}`],
    [1, () => targets.closed],
    [1, () => targets.nowhere],
    [1, () => choice.pick(INVALID_URLS)],
  ])();
}

/** A conversation that the tool protocol allows. */
function conversation(world: World, caller: Caller, choice: Choice, targets: Targets): unknown {
  const messages: unknown[] = choice.chance(0.3) ? [{ role: 'system', content: 'Be brief.' }] : [];
  if (choice.chance(0.2)) {
    const calls = ['call_a', 'call_b'].slice(0, choice.int(1, 2));
    messages.push({ role: 'user', content: 'The weather, please.' });
    messages.push({
      role: 'assistant',
      content: null,
      tool_calls: calls.map((id) => ({
        id,
        type: 'function',
        function: { name: 'get_weather', arguments: '{"city":"서울"}' },
      })),
    });
    for (const id of calls) messages.push({ role: 'tool', tool_call_id: id, content: '{"sky":"clear"}' });
    if (choice.chance(0.5)) return messages;
  }
  messages.push({ role: 'user', content: userContent(world, caller, choice, targets) });
  return messages;
}

const USER_TEXTS = [
  'hello',
  '안녕하세요',
  'get the weather and the time',
  '😀 \u202e \0 end',
  'line 1\nline 2',
  ' ',
];

function userContent(world: World, { account }: Caller, choice: Choice, targets: Targets): unknown {
  const text = choice.pick(USER_TEXTS);
  if (choice.chance(0.6)) return text;
  const data = IMAGE.bytes.toString('base64');
  const fileId = choice.pickAny(world.ids(account, 'file')) ?? 'file_000000000000000000000000';
  const parts = [
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
    {
      type: 'image_url',
      image_url: { url: `${targets.receiver}/${choice.pick(['image', 'ok', 'redirect'])}` },
    },
    { type: 'document', source: { type: 'url', url: targetUrl(choice, targets) } },
    { type: 'document', source: { type: 'file', file_id: fileId } },
    { type: 'file', file: { file_id: fileId } },
    {
      type: 'file',
      file: {
        filename: 'a.txt',
        file_data: `data:text/plain;base64,${BATCH_INPUT.bytes.toString('base64')}`,
      },
    },
    { type: 'input_audio', input_audio: { data: 'SUQzBAAAAAAAAP/7kGQAAAAAAAAAAAAA', format: 'mp3' } },
  ];
  return [{ type: 'text', text }, choice.pick(parts)];
}
