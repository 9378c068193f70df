// A batch's rows in its Durable Object's SQLite. Every table is described in docs/storage.md.
import { addColumns } from '../platform/add-columns';
import { concatBytes } from '../platform/bytes';
import type { BatchSpec, RangeCut } from './batch-spec';
import type { LeaseStatus } from './lease';
import { type BatchState, isSuspect, newRangeState, type RangeState } from './state';

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
    state TEXT NOT NULL
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
    bound_nano INTEGER NOT NULL,
    reserved_nano INTEGER NOT NULL,
    packs TEXT NOT NULL,
    crashes INTEGER NOT NULL DEFAULT 0
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

/**
 * Where the ranges stand that are neither untouched nor done, as many as the window holds: what is next is asked at
 * every commit, and looking through all 2,000 rows of a large batch each time would make it slower than a small one.
 */
interface OpenRanges {
  open: Map<number, OpenRange>;
  /** The first range that was never handed out; all after it were not either. */
  untouched: number;
  count: number;
  /** When they were read: signs of life that came before are not all stored. */
  readAt: number;
}

type OpenRange = Pick<RangeState, 'status' | 'deadline' | 'notBefore' | 'crashes'>;

export class BatchStore {
  readonly #sql: SqlStorage;
  /** The last pack read: results of one pack are usually read one after the other. */
  #cached: { sequence: number; bytes: Uint8Array } | null = null;
  #open: OpenRanges | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** What is stored of the batch, or null in an object that holds none: asking writes nothing. */
  load(): { spec: BatchSpec; state: BatchState } | null {
    const [table] = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'batch'");
    if (table === undefined) return null;
    addColumns(this.#sql, 'ranges', { crashes: 'INTEGER NOT NULL DEFAULT 0' });
    const row = this.#sql.exec<{ spec: string; state: string }>('SELECT * FROM batch').one();
    return { spec: JSON.parse(row.spec), state: JSON.parse(row.state) };
  }

  create(spec: BatchSpec, state: BatchState): void {
    this.#sql.exec(SCHEMA);
    this.#sql.exec('INSERT INTO batch VALUES (1, ?, ?)', JSON.stringify(spec), JSON.stringify(state));
  }

  saveState(state: BatchState): void {
    this.#sql.exec('UPDATE batch SET state = ?', JSON.stringify(state));
  }

  /** Adds ranges behind those there are. */
  addRanges(cuts: readonly RangeCut[]): void {
    const count = this.#sql
      .exec<{ next: number }>('SELECT coalesce(max(n) + 1, 0) AS next FROM ranges')
      .one().next;
    this.#open = null;
    for (const [index, cut] of cuts.entries()) {
      const range = newRangeState(cut.customIds.length, cut.boundNano);
      this.#sql.exec(
        "INSERT INTO ranges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '{}', ?, ?, ?, '[]', ?)",
        count + index,
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
        range.boundNano,
        range.reservedNano,
        range.crashes,
      );
    }
  }

  /** A refused input file has no items. */
  removeRanges(): void {
    this.#open = null;
    this.#sql.exec('DELETE FROM ranges');
  }

  /** The custom_ids of some ranges from the `from`th on; none where there are no more. */
  customIds(from: number, limit: number): string[][] {
    return this.#sql
      .exec<{ custom_ids: string }>(
        'SELECT custom_ids FROM ranges WHERE n >= ? ORDER BY n LIMIT ?',
        from,
        limit,
      )
      .toArray()
      .map(({ custom_ids }) => JSON.parse(custom_ids));
  }

  range(n: number): RangeRow | null {
    const [row] = this.#sql.exec<SqlRange>('SELECT * FROM ranges WHERE n = ?', n);
    if (row === undefined) return null;
    const range = fromSql(row);
    return { ...range, deadline: this.#open?.open.get(n)?.deadline ?? range.deadline };
  }

  /** A leased range's consumer gave a sign of life. That is not stored: it would be the most of all rows written. */
  hear(n: number, deadline: number): void {
    const { open } = this.#openRanges();
    const range = open.get(n);
    if (range !== undefined) open.set(n, { ...range, deadline });
  }

  /** From when on all signs of life are known. */
  get heardSince(): number {
    return this.#openRanges().readAt;
  }

  /** Ranges that may be dispatched now, in input order, and suspects after all others. */
  waitingRanges(now: number, limit: number): RangeRow[] {
    const { open, untouched, count } = this.#openRanges();
    const ready: number[] = [];
    const suspects: number[] = [];
    for (const [n, range] of Array.from(open).sort(([a], [b]) => a - b)) {
      if (range.status !== 'waiting' || range.notBefore > now) continue;
      if (isSuspect(range)) suspects.push(n);
      else ready.push(n);
    }
    for (let n = untouched; n < count && ready.length < limit; n++) ready.push(n);
    return this.#rows([...ready, ...suspects].slice(0, limit));
  }

  /** Ranges in flight whose deadline has passed. */
  overdueRanges(now: number): RangeRow[] {
    const overdue = Array.from(this.#openRanges().open).filter(
      ([, { status, deadline }]) => status !== 'waiting' && deadline <= now,
    );
    return this.#rows(overdue.map(([n]) => n));
  }

  /** When the next range can be dispatched, and when the next one in flight counts as lost. */
  nextTimes(): { dispatch: number | null; deadline: number | null } {
    const { open, untouched, count } = this.#openRanges();
    let dispatch = untouched < count ? 0 : Number.POSITIVE_INFINITY;
    let deadline = Number.POSITIVE_INFINITY;
    let suspects = Number.POSITIVE_INFINITY;
    for (const range of open.values()) {
      if (range.status !== 'waiting') deadline = Math.min(deadline, range.deadline);
      else if (isSuspect(range)) suspects = Math.min(suspects, range.notBefore);
      else dispatch = Math.min(dispatch, range.notBefore);
    }
    // Suspects wait for what is in flight, not for the clock.
    if (!Number.isFinite(deadline)) dispatch = Math.min(dispatch, suspects);
    return {
      dispatch: Number.isFinite(dispatch) ? dispatch : null,
      deadline: Number.isFinite(deadline) ? deadline : null,
    };
  }

  /** After a transaction that was rolled back: what is held in memory may not be what is stored. */
  forget(): void {
    this.#open = null;
    this.#cached = null;
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
      `UPDATE ranges SET status = ?, epoch = ?, deadline = ?, not_before = ?, done = ?, attempts = ?, losses = ?,
              bound_nano = ?, reserved_nano = ?, packs = ?, crashes = ?
       WHERE n = ?`,
      range.status,
      range.epoch,
      range.deadline,
      range.notBefore,
      range.done,
      JSON.stringify(range.attempts),
      range.losses,
      range.boundNano,
      range.reservedNano,
      JSON.stringify(range.packs),
      range.crashes,
      range.n,
    );
    if (this.#open === null) return;
    this.#open.untouched = Math.max(this.#open.untouched, range.n + 1);
    if (range.status === 'done') this.#open.open.delete(range.n);
    else this.#open.open.set(range.n, range);
  }

  addPack(pack: Pack, results: readonly Uint8Array[]): void {
    const data = concatBytes(results);
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

  /** How many items of each range have no outcome, for ranges that have such; in input order. */
  undoneCounts(): { n: number; count: number }[] {
    return this.#sql
      .exec<{ n: number; count: number; done: number }>(
        "SELECT n, count, done FROM ranges WHERE status != 'done' ORDER BY n",
      )
      .toArray()
      .map(({ n, count, done }) => ({ n, count: count - bitsOf(done) }));
  }

  /** The event number of an item's recorded result; null where it has none. */
  sequenceOf(range: RangeRow, position: number): number | null {
    for (const sequence of range.packs) {
      const place = this.pack(sequence)?.items.findIndex((item) => item.position === position) ?? -1;
      if (place !== -1) return sequence + place;
    }
    return null;
  }

  /** The JSON text of one result of a pack, as bytes. */
  resultBytes(pack: Pack, place: number): Uint8Array {
    const bytes = this.#packBytes(pack.sequence);
    const start = pack.items.slice(0, place).reduce((sum, item) => sum + item.bytes, 0);
    return bytes.subarray(start, start + (pack.items[place]?.bytes ?? 0));
  }

  #rows(numbers: readonly number[]): RangeRow[] {
    return numbers.map((n) => this.range(n)).filter((range) => range !== null);
  }

  #openRanges(): OpenRanges {
    this.#open ??= this.#readOpenRanges();
    return this.#open;
  }

  #readOpenRanges(): OpenRanges {
    const { count } = this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM ranges').one();
    // Ranges are handed out in order, so those that never were are the last ones.
    const [first] = this.#sql.exec<{ n: number }>('SELECT n FROM ranges WHERE epoch = 0 ORDER BY n LIMIT 1');
    const rows = this.#sql.exec<OpenRange & { n: number }>(
      `SELECT n, status, deadline, not_before AS notBefore, crashes FROM ranges WHERE epoch > 0 AND status != 'done'`,
    );
    const open = new Map(rows.toArray().map((row) => [row.n, row]));
    return { open, untouched: first?.n ?? count, count, readAt: Date.now() };
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
      this.#cached = { sequence, bytes: concatBytes(parts.map(({ data }) => new Uint8Array(data))) };
    }
    return this.#cached.bytes;
  }
}

function bitsOf(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
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
  bound_nano: number;
  reserved_nano: number;
  packs: string;
  crashes: number;
};

function fromSql(row: SqlRange): RangeRow {
  return {
    n: row.n,
    first: row.first,
    start: row.start_byte,
    end: row.end_byte,
    customIds: JSON.parse(row.custom_ids),
    count: row.count,
    status: row.status as LeaseStatus,
    epoch: row.epoch,
    deadline: row.deadline,
    notBefore: row.not_before,
    done: row.done,
    attempts: JSON.parse(row.attempts),
    losses: row.losses,
    boundNano: row.bound_nano,
    reservedNano: row.reserved_nano,
    packs: JSON.parse(row.packs),
    crashes: row.crashes,
  };
}
