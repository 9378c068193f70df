// The last metrics that were collected, as text, in a deployment's one place: counters read in two places at two times
// could be seen to go back.

/** A little less than a minute, so that who asks once a minute gets new ones each time. */
const KEPT_MS = 55_000;

/** Characters: a stored row may have 2 MB, and a character of a model's name up to three bytes. */
const PIECE_CHARACTERS = 600_000;

export const KEPT_METRICS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS kept_metrics (
    piece INTEGER PRIMARY KEY,
    collected_at INTEGER NOT NULL,
    text TEXT NOT NULL
  );
`;

export class KeptMetrics {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Null where they are too old. Also those of a clock that was set back are. `now` is in milliseconds. */
  read(now: number): string | null {
    const pieces = this.#storage.sql
      .exec<{ collected_at: number; text: string }>(
        'SELECT collected_at, text FROM kept_metrics ORDER BY piece',
      )
      .toArray();
    const [first] = pieces;
    if (first === undefined || first.collected_at > now || now - first.collected_at >= KEPT_MS) return null;
    return pieces.map(({ text }) => text).join('');
  }

  /** `now` is when collecting them began. */
  keep(text: string, now: number): void {
    this.#storage.transactionSync(() => {
      const { sql } = this.#storage;
      const pieces = inPieces(text);
      sql.exec('DELETE FROM kept_metrics WHERE piece >= ?', pieces.length);
      for (const [piece, lines] of pieces.entries()) {
        sql.exec('INSERT OR REPLACE INTO kept_metrics VALUES (?, ?, ?)', piece, now, lines);
      }
    });
  }
}

/** Cut at ends of lines, which are far shorter: half a character could not be stored. */
function inPieces(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const isLast = text.length - start <= PIECE_CHARACTERS;
    const end = isLast ? text.length : text.lastIndexOf('\n', start + PIECE_CHARACTERS) + 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
