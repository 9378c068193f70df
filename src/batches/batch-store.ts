// A batch's rows in its Durable Object's SQLite. Every table is described in docs/storage.md.
import type { BatchSpec, RangeCut } from './batch-spec';
import { type BatchState, newRangeState, type RangeState, type RangeStatus } from './state';

/** A stored range: what was cut, where it stands, and the packs its results lie in. */
export interface RangeRow extends RangeState, RangeCut {
  n: number;
  /** First event numbers of its packs, in the order of their commits. */
  packs: number[];
}

/** One commit's results of one range: their JSON texts, one after the other. */
export interface Pack {
  /** The event number of its first result; the others follow. */
  sequence: number;
  range: number;
  items: PackedItem[];
}

interface PackedItem {
  position: number;
  failed: boolean;
  bytes: number;
}

/** SQLite takes rows of 2 MB; a pack that is larger is spread over several. */
const PACK_PART_BYTES = 1024 ** 2;

const SCHEMA = `
  CREATE TABLE batch (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    spec TEXT NOT NULL,
    state TEXT NOT NULL,
    indexed TEXT NOT NULL
  );
  CREATE TABLE ranges (
    n INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    start_byte INTEGER NOT NULL,
    end_byte INTEGER NOT NULL,
    custom_ids TEXT NOT NULL,
    count INTEGER NOT NULL,
    status TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    done INTEGER NOT NULL,
    attempts TEXT NOT NULL,
    losses INTEGER NOT NULL,
    packs TEXT NOT NULL
  );
  CREATE TABLE packs (
    sequence INTEGER NOT NULL,
    part INTEGER NOT NULL,
    range INTEGER NOT NULL,
    items TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (sequence, part)
  ) WITHOUT ROWID;
`;

export class BatchStore {
  readonly #sql: SqlStorage;
  /** The last pack read: results of one pack are usually read one after the other. */
  #cached: { sequence: number; bytes: Uint8Array } | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** What is stored of the batch, or null in an object that holds none: asking writes nothing. */
  load(): { spec: BatchSpec; state: BatchState; indexed: string } | null {
    const [table] = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'batch'");
    if (table === undefined) return null;
    const row = this.#sql.exec<{ spec: string; state: string; indexed: string }>('SELECT * FROM batch').one();
    return { spec: JSON.parse(row.spec), state: JSON.parse(row.state), indexed: row.indexed };
  }

  create(spec: BatchSpec, state: BatchState, cuts: readonly RangeCut[]): void {
    this.#sql.exec(SCHEMA);
    this.#sql.exec("INSERT INTO batch VALUES (1, ?, ?, '')", JSON.stringify(spec), JSON.stringify(state));
    for (const [n, cut] of cuts.entries()) {
      const range = newRangeState(cut.customIds.length);
      this.#sql.exec(
        "INSERT INTO ranges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '{}', ?, '[]')",
        n,
        cut.first,
        cut.start,
        cut.end,
        JSON.stringify(cut.customIds),
        range.count,
        range.status,
        range.epoch,
        range.deadline,
        range.notBefore,
        range.done,
        range.losses,
      );
    }
  }

  saveState(state: BatchState): void {
    this.#sql.exec('UPDATE batch SET state = ?', JSON.stringify(state));
  }

  /** Remembers which status the account's index has been told. */
  saveIndexed(status: string): void {
    this.#sql.exec('UPDATE batch SET indexed = ?', status);
  }

  range(n: number): RangeRow | null {
    const [row] = this.#sql.exec<SqlRange>('SELECT * FROM ranges WHERE n = ?', n);
    return row === undefined ? null : fromSql(row);
  }

  /** Ranges that may be dispatched now, in input order. */
  waitingRanges(now: number, limit: number): RangeRow[] {
    return this.#sql
      .exec<SqlRange>(
        "SELECT * FROM ranges WHERE status = 'waiting' AND not_before <= ? ORDER BY n LIMIT ?",
        now,
        limit,
      )
      .toArray()
      .map(fromSql);
  }

  /** Ranges in flight whose deadline has passed. */
  overdueRanges(now: number): RangeRow[] {
    return this.#sql
      .exec<SqlRange>("SELECT * FROM ranges WHERE status IN ('queued', 'leased') AND deadline <= ?", now)
      .toArray()
      .map(fromSql);
  }

  /** When the next range can be dispatched, and when the next one in flight counts as lost. */
  nextTimes(): { dispatch: number | null; deadline: number | null } {
    return this.#sql
      .exec<{ dispatch: number | null; deadline: number | null }>(
        `SELECT min(CASE WHEN status = 'waiting' THEN not_before END) AS dispatch,
                min(CASE WHEN status IN ('queued', 'leased') THEN deadline END) AS deadline FROM ranges`,
      )
      .one();
  }

  /** Where the item with this custom_id lies, or null. */
  locate(customId: string): { range: RangeRow; position: number } | null {
    // instr narrows to the ranges that contain the text at all; the list itself decides.
    const rows = this.#sql.exec<SqlRange>(
      'SELECT * FROM ranges WHERE instr(custom_ids, ?) > 0 ORDER BY n',
      JSON.stringify(customId),
    );
    for (const row of rows) {
      const range = fromSql(row);
      const position = range.customIds.indexOf(customId);
      if (position !== -1) return { range, position };
    }
    return null;
  }

  saveRange(range: RangeRow): void {
    this.#sql.exec(
      `UPDATE ranges SET status = ?, epoch = ?, deadline = ?, not_before = ?, done = ?, attempts = ?, losses = ?, packs = ?
       WHERE n = ?`,
      range.status,
      range.epoch,
      range.deadline,
      range.notBefore,
      range.done,
      JSON.stringify(range.attempts),
      range.losses,
      JSON.stringify(range.packs),
      range.n,
    );
  }

  addPack(pack: Pack, results: readonly Uint8Array[]): void {
    const data = concat(results);
    const items = JSON.stringify(pack.items.map((item) => [item.position, item.failed ? 1 : 0, item.bytes]));
    for (let part = 0; part === 0 || part * PACK_PART_BYTES < data.byteLength; part++) {
      this.#sql.exec(
        'INSERT INTO packs VALUES (?, ?, ?, ?, ?)',
        pack.sequence,
        part,
        pack.range,
        part === 0 ? items : '',
        data.slice(part * PACK_PART_BYTES, (part + 1) * PACK_PART_BYTES),
      );
    }
  }

  pack(sequence: number): Pack | null {
    return this.#packWhere('sequence = ?', sequence);
  }

  /** The pack that holds the first result with an event number above `sequence`, or null. */
  packAfter(sequence: number): Pack | null {
    const holding = this.#packWhere('sequence <= ? ORDER BY sequence DESC LIMIT 1', sequence);
    if (holding !== null && holding.sequence + holding.items.length > sequence + 1) return holding;
    return this.#packWhere('sequence > ? ORDER BY sequence LIMIT 1', sequence);
  }

  /** The JSON text of one result of a pack. */
  resultText(pack: Pack, place: number): string {
    const bytes = this.#packBytes(pack.sequence);
    const start = pack.items.slice(0, place).reduce((sum, item) => sum + item.bytes, 0);
    return new TextDecoder().decode(bytes.subarray(start, start + (pack.items[place]?.bytes ?? 0)));
  }

  #packWhere(condition: string, sequence: number): Pack | null {
    // `part = 0` first: only that row describes the pack.
    const [row] = this.#sql.exec<{ sequence: number; range: number; items: string }>(
      `SELECT sequence, range, items FROM packs WHERE part = 0 AND ${condition}`,
      sequence,
    );
    if (row === undefined) return null;
    const items = (JSON.parse(row.items) as [number, number, number][]).map(([position, failed, bytes]) => ({
      position,
      failed: failed === 1,
      bytes,
    }));
    return { sequence: row.sequence, range: row.range, items };
  }

  #packBytes(sequence: number): Uint8Array {
    if (this.#cached?.sequence !== sequence) {
      const parts = this.#sql
        .exec<{ data: ArrayBuffer }>('SELECT data FROM packs WHERE sequence = ? ORDER BY part', sequence)
        .toArray();
      this.#cached = { sequence, bytes: concat(parts.map(({ data }) => new Uint8Array(data))) };
    }
    return this.#cached.bytes;
  }
}

type SqlRange = {
  n: number;
  first: number;
  start_byte: number;
  end_byte: number;
  custom_ids: string;
  count: number;
  status: string;
  epoch: number;
  deadline: number;
  not_before: number;
  done: number;
  attempts: string;
  losses: number;
  packs: string;
};

function fromSql(row: SqlRange): RangeRow {
  return {
    n: row.n,
    first: row.first,
    start: row.start_byte,
    end: row.end_byte,
    customIds: JSON.parse(row.custom_ids),
    count: row.count,
    status: row.status as RangeStatus,
    epoch: row.epoch,
    deadline: row.deadline,
    notBefore: row.not_before,
    done: row.done,
    attempts: JSON.parse(row.attempts),
    losses: row.losses,
    packs: JSON.parse(row.packs),
  };
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
