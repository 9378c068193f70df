// What the observed Worker is asked, and what it answers.

/** Something a subscriber can see: outcomes that a batch has stored. */
export interface Commit {
  /** When the batch was handed them; milliseconds since the epoch, as all times here. */
  at: number;
  /** The number of the newest event then. */
  sequence: number;
  /** Items with an outcome then. */
  done: number;
}

/** Events to publish in an account, as ends of batches. */
export interface PublishOrder {
  accountId: string;
  ids: string[];
  /** Before each. */
  intervalMs: number;
}

/** Webhooks that a bare Worker sends: every message to every target. */
export interface BareOrder {
  targets: { url: string; secret: string }[];
  messages: { id: string; body: string }[];
  /** How many are under way at once. */
  atOnce: number;
}
