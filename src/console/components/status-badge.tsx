// A status in one word and one colour; the word alone says it all.
import type { ComponentChildren } from 'preact';
import type { BatchStatus } from '../../contract/batches';
import { messages } from '../preferences';

export type Tone = 'neutral' | 'active' | 'good' | 'bad' | 'warn';

const TONES: Record<BatchStatus, Tone> = {
  pending: 'neutral',
  running: 'active',
  completed: 'good',
  failed: 'bad',
  cancelled: 'warn',
};

export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

export function StatusBadge({ status }: { status: BatchStatus }) {
  return <Badge tone={TONES[status]}>{messages.value.batches.statuses[status]}</Badge>;
}
