// Answers of the API whose shape src/contract does not hold: only what the console reads of them.

export interface ModelAnswer {
  id: string;
  owned_by: string;
  context_window: number;
  modalities: string[];
  /** USD per million tokens; null where the price is not known. */
  pricing: { prompt: number; cached_prompt: number; completion: number } | null;
}

/** One attempt to deliver a webhook. */
export interface DeliveryAnswer {
  webhook_id: string;
  attempt: number;
  at: string;
  status: number | null;
  duration_ms: number;
  error: string | null;
}
