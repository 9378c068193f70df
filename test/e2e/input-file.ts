// Batch input files as clients make them: JSON Lines with one chat request each, uploaded with the purpose `batch`.
import type { FileResponse } from '../../src/contract/files.ts';
import type { ApiClient } from './api-client.ts';

/** One request: its `custom_id`, and what the user says. */
export type Question = readonly [customId: string, content: string];

/** The object that stands on a request's line. */
export function inputLine([customId, content]: Question) {
  return {
    custom_id: customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'sandbox', messages: [{ role: 'user', content }] },
  };
}

export function inputLines(questions: readonly Question[]): string {
  return questions.map((question) => `${JSON.stringify(inputLine(question))}\n`).join('');
}

export async function uploadInput(api: ApiClient, text: string): Promise<FileResponse> {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new File([text], 'input.jsonl', { type: 'application/jsonl' }));
  const response = await fetch(`${api.origin}/api/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.key}` },
    body: form,
  });
  if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
  return (await response.json()) as FileResponse;
}
