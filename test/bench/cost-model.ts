// What batches cost the platform, as a formula: how often each thing happens to a batch by its design, times what that
// thing bills. Pure. `npm run bench -- cost` compares it with what is counted.
// Known gaps: items that are tried again, money that is asked for as it goes, removal after retention, and CPU.
import { BILLED, type Billed, OBJECT_GIGABYTES } from './list-prices.ts';

/** Batches that are alike. Bytes and times are those of an item. */
export interface BatchLoad {
  batches: number;
  /** How many of them run at the same time. */
  atOnce: number;
  items: number;
  itemBytes: number;
  resultBytes: number;
  latencyMs: number;
  input: 'file' | 'inline';
  /** Of each batch: how often its status is asked for, how many streams watch it, how often its results are read. */
  polls: number;
  subscribers: number;
  reads: number;
  webhook: boolean;
  /** Each delivery holds messages of one batch alone, which has its connections to itself. */
  ownDeliveries?: boolean;
}

export type Operations = Record<Billed, number>;

/** `range-cutter.ts`: a range is closed at so many items, or bytes. */
const RANGE_ITEMS = 25;
const RANGE_BYTES = 1024 ** 2;
/** `plan.ts` */
const PLAN_REPORT_RANGES = 100;
/** `wrangler.toml`, `consumer.ts`: messages of a delivery, items it runs at once, when it reports and says that it lives. */
const DELIVERY_MESSAGES = 10;
const DELIVERY_ITEMS = 6;
const TICK_MS = 1_000;
const REPORT_AFTER_MS = 5_000;
const BEAT_MS = 5_000;
/** `state.ts`: the window reaches this, and a large batch is nearly always there. */
const WINDOW_START = 16;
const WINDOW_RANGES = 64;
/** `lease.ts`: leases are looked at when the first could be over, which is a beat or so earlier than the last. */
const ALARM_MS = 12_500;
/** `batch-store.ts`, `object-writer.ts` */
const PACK_PART_BYTES = 1024 ** 2;
const OBJECT_PART_BYTES = 5 * 1024 ** 2;

/** Of each batch, and of each of its items: how long the object is awake where the model takes no time; local figures. */
const AWAKE_BATCH_MS = 1_000;
const AWAKE_ITEM_MS = 0.35;

/** What each event bills. Rows are those of tables and their indexes; R2 is in `operationsOf`, for it depends on bytes. */
const EVENTS = {
  /** Any request with a key asks the account whether it may. */
  request: { workerRequests: 1, objectRequests: 1 },
  /** Whether there is room for the file, and its row, with three indexes, and the sum of what is stored. */
  upload: { objectRequests: 2, rowsWritten: 5 },
  /**
   * create, addBatch, startBatch, endBatch. Its tables (2), spec, list (4 + 2 + 2), those that ended (1), output file (5 + 1),
   * spend (2).
   */
  batch: { objectRequests: 4, rowsWritten: 20, rowsRead: 60 },
  /** The file is looked up; one message is sent, read, deleted; its planner claims. The list's index by file. */
  plan: { queueOperations: 3, workerRequests: 1, objectRequests: 3, rowsWritten: 1, bucketClassB: 1 },
  /** The batch's own row: each time something is decided of it. */
  decision: { rowsWritten: 1, rowsRead: 1 },
  planReport: { objectRequests: 1 },
  /** Planned, dispatched, claimed; a message sent, read, deleted; its lines read. */
  range: { queueOperations: 3, rowsWritten: 3, rowsRead: 4, bucketClassB: 1 },
  delivery: { workerRequests: 1 },
  /** claim, untilOver. */
  claim: { objectRequests: 2 },
  commit: { objectRequests: 1 },
  /** Results of a range: its row, and the pack they lie in. */
  report: { rowsWritten: 2, rowsRead: 15 },
  packPart: { rowsWritten: 1 },
  alarm: { objectRequests: 1 },
  alarmSet: { rowsWritten: 1 },
  poll: { objectRequests: 1, rowsRead: 5 },
  read: { objectRequests: 1 },
  /** By its signed address, without a key. */
  stream: { workerRequests: 1, objectRequests: 1 },
  /** The outbox's table (1), its row with four indexes (6), what came of the attempt (1), and an alarm for it. */
  webhook: { rowsWritten: 9, rowsRead: 70 },
} satisfies Record<string, Partial<Operations>>;

type EventName = keyof typeof EVENTS;

/** The times of a batch, and what follows from them. */
interface Course {
  ranges: number;
  rangeItems: number;
  /** Ranges of the batch in one of its deliveries. */
  together: number;
  /** Deliveries that its messages fill, shares of those with other batches included. */
  deliveries: number;
  /** Consumers that claim something of it. */
  claims: number;
  claimMs: number;
  /** Reports of a range, and calls that carry some, of a claim. */
  reports: number;
  /** How many more there are of the first range, whose first is a second after the delivery began. */
  first: number;
  commits: number;
  runMs: number;
}

function courseOf({ items, itemBytes, latencyMs, atOnce, ownDeliveries = false }: BatchLoad): Course {
  const rangeItems = Math.min(items, RANGE_ITEMS, Math.max(1, Math.floor(RANGE_BYTES / itemBytes)));
  const ranges = Math.ceil(items / rangeItems);
  const together = Math.min(ranges, DELIVERY_MESSAGES);
  const mates = ownDeliveries ? 1 : Math.max(1, Math.min(atOnce, Math.floor(DELIVERY_MESSAGES / together)));
  const slots = DELIVERY_ITEMS / mates;
  const claims = Math.ceil(ranges / together);
  const claimItems = Math.min(items, together * rangeItems);
  const claimMs = Math.ceil(claimItems / slots) * latencyMs;
  // A model of one speed answers in waves, of which a report has those of its time.
  const waves = (rangeItems - 1) / slots + 1;
  const wavesAReport = latencyMs === 0 ? waves : Math.floor((REPORT_AFTER_MS + TICK_MS / 2) / latencyMs) + 1;
  const reports = Math.max(1, Math.min(rangeItems, Math.ceil(waves / wavesAReport)));
  // The first outcomes of a delivery do not wait for the rest of their range.
  const isLong = claimMs > TICK_MS && waves > 1;
  const first = isLong ? 1 + Math.ceil((waves - 1) / wavesAReport) - reports : 0;
  const commits = Math.min(together * reports + first, 1 + Math.floor(claimMs / TICK_MS));
  return {
    ranges,
    rangeItems,
    together,
    deliveries: ranges / (together * mates),
    claims,
    claimMs,
    reports,
    first,
    commits,
    runMs: claimMs * Math.max(1, ranges / Math.min(WINDOW_RANGES, Math.max(WINDOW_START, ranges / 2))),
  };
}

/** From its making to its end, where nobody keeps it waiting. */
export function durationMs(load: BatchLoad): number {
  return AWAKE_BATCH_MS + load.items * AWAKE_ITEM_MS + courseOf(load).runMs;
}

/** How often each thing happens to one of the batches. */
function eventsOf(load: BatchLoad): Record<EventName, number> {
  const { ranges, rangeItems, deliveries, claims, claimMs, reports, first, commits, runMs } = courseOf(load);
  const isFile = load.input === 'file';
  const planReports = isFile ? Math.ceil(ranges / PLAN_REPORT_RANGES) : 0;
  // A sign of life that comes with results is no call of its own.
  const beats =
    claimMs < BEAT_MS ? 0 : (claimMs / BEAT_MS) * Math.max(0, 1 - (commits * TICK_MS) / claimMs) * claims;
  const reportBytes = (rangeItems * load.resultBytes) / reports;
  const looks = Math.floor(runMs / ALARM_MS);
  return {
    request: 1 + (isFile ? 1 : 0) + load.polls + load.reads,
    upload: isFile ? 1 : 0,
    batch: 1,
    plan: isFile ? 1 : 0,
    // Started, first ranges handed out, ended; planned in between; and what consumers report.
    decision: 3 + (isFile ? 2 + planReports : 0) + commits * claims,
    planReport: planReports,
    range: ranges,
    delivery: deliveries,
    claim: claims,
    // The last call of a consumer says that it leaves.
    commit: Math.max(claims, (commits + (claimMs > 0 ? 1 : 0)) * claims) + beats,
    report: ranges * reports + first * claims,
    packPart: ranges * reports * Math.floor(reportBytes / PACK_PART_BYTES),
    // When it is made, and at its end; and while it runs.
    alarm: 2 + looks,
    alarmSet: 4 + looks,
    poll: load.polls,
    read: load.reads,
    stream: load.subscribers,
    webhook: load.webhook ? 1 : 0,
  };
}

/** What all of the batches bill. */
export function operationsOf(load: BatchLoad): Operations {
  const events = eventsOf(load);
  const totals = noOperations();
  for (const [name, bills] of Object.entries(EVENTS) as [EventName, Partial<Operations>][]) {
    for (const kind of BILLED) totals[kind] += events[name] * (bills[kind] ?? 0);
  }
  totals.bucketClassA += writesOf(load.items * load.itemBytes) + writesOf(load.items * load.resultBytes);
  totals.objectGigabyteSeconds += (durationMs(load) / 1000) * OBJECT_GIGABYTES;
  for (const kind of BILLED) totals[kind] *= load.batches;
  return totals;
}

/** Objects are written whole, or in parts with two calls around them. */
function writesOf(bytes: number): number {
  return bytes <= OBJECT_PART_BYTES ? 1 : 2 + Math.ceil(bytes / OBJECT_PART_BYTES);
}

function noOperations(): Operations {
  return Object.fromEntries(BILLED.map((kind) => [kind, 0])) as Operations;
}
