// A batch before it is made: its request, small enough to be sent at once, or a file to upload first.
import { batchLines, type LooseLine, type Mapping } from './batch-lines';
import { type BatchSource, INLINE_LIMIT_BYTES } from './batch-source';

/** What the form asks for beside the inputs, as it was typed. */
export interface DraftOptions {
  name: string;
  completionWindow: string;
  maxCost: string;
  webhookUrl: string;
  webhookSecret: string;
}

export type DraftInput = { kind: 'inline'; lines: LooseLine[] } | { kind: 'file'; file: File };

/** Sent inline as long as it fits, as JSON Lines in a file beyond. */
export function draftInput(source: BatchSource, mapping: Mapping): DraftInput {
  if (source.kind === 'file') return { kind: 'file', file: source.file };
  const lines = [...batchLines(source, mapping)];
  const texts = lines.map((line) => `${JSON.stringify(line)}\n`);
  const file = new File(texts, `${source.name.replace(/\.\w+$/, '')}.jsonl`, { type: 'application/jsonl' });
  return file.size <= INLINE_LIMIT_BYTES ? { kind: 'inline', lines } : { kind: 'file', file };
}

/** The request's members beside its inputs: what was left empty is left out. */
export function draftOptions(options: DraftOptions): Record<string, unknown> {
  const filled = (text: string) => text.trim() !== '';
  return {
    ...(filled(options.name) && { metadata: { name: options.name.trim() } }),
    ...(filled(options.completionWindow) && { completion_window: options.completionWindow.trim() }),
    ...(filled(options.maxCost) && { max_cost: Number(options.maxCost) }),
    ...(filled(options.webhookUrl) && { webhook_url: options.webhookUrl.trim() }),
    ...(filled(options.webhookSecret) && { webhook_secret: options.webhookSecret.trim() }),
  };
}
