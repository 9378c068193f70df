// Where the console is: the path in the URL's hash, so that the server serves one page and knows nothing of the others.
import { signal } from '@preact/signals';

/** The segments of the path, decoded: `#/batches/batch_1` is `['batches', 'batch_1']`. */
export const route = signal(readHash(location.hash));

/** How often the page changed since the console was opened. */
export const moves = signal(0);

addEventListener('hashchange', () => {
  moves.value += 1;
  route.value = readHash(location.hash);
});

export function href(...segments: string[]): string {
  return `#/${segments.map(encodeURIComponent).join('/')}`;
}

export function navigate(...segments: string[]): void {
  location.hash = href(...segments);
}

function readHash(hash: string): string[] {
  try {
    return hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return [];
  }
}
