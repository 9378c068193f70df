// A request of the playground as code to take along. The key is never in it: it is read from the environment.
import { curlCommand } from '../curl-command';

export const SAMPLE_KINDS = ['curl', 'openai', 'fetch'] as const;
export type SampleKind = (typeof SAMPLE_KINDS)[number];

const SAMPLES: Record<SampleKind, (origin: string, request: object) => string> = {
  curl,
  openai,
  fetch: fetchCall,
};

/** @param request as it is sent, without `stream` */
export function codeSample(kind: SampleKind, origin: string, request: object): string {
  return SAMPLES[kind](origin, request);
}

function curl(origin: string, request: object): string {
  const url = `${origin}/v1/chat/completions`;
  return curlCommand({ method: 'POST', url, keyVariable: 'QUIRE_API_KEY', body: request });
}

function openai(origin: string, request: object): string {
  return `import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: '${origin}/v1',
  apiKey: process.env.QUIRE_API_KEY,
});

const completion = await client.chat.completions.create(${JSON.stringify(request, null, 2)});
console.log(completion.choices[0].message);`;
}

function fetchCall(origin: string, request: object): string {
  const body = JSON.stringify(request, null, 2).replaceAll('\n', '\n  ');
  return `const response = await fetch('${origin}/v1/chat/completions', {
  method: 'POST',
  headers: {
    Authorization: \`Bearer \${process.env.QUIRE_API_KEY}\`,
    'Content-Type': 'application/json',
  },
  body: JSON.stringify(${body}),
});
if (!response.ok) throw new Error(await response.text());
const completion = await response.json();
console.log(completion.choices[0].message);`;
}
