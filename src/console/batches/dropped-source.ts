// A file dropped on another page, on its way to the one that makes a batch of it.
import { signal } from '@preact/signals';

export const droppedSource = signal<File | null>(null);
