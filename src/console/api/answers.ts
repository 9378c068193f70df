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

export interface EndpointAnswer {
  id: string;
  url: string;
  events: string[];
  status: 'enabled' | 'disabled';
  /** Why it is disabled: at its owner's request, after days of failures, or since it answered that it is gone. */
  disabled_reason: 'request' | 'failing' | 'gone' | null;
  created_at: string;
}

/** An endpoint when it is made or its secret is rotated: the only times the secret is shown. */
export interface EndpointWithSecret extends EndpointAnswer {
  secret: string;
}

/** One event on its way to one endpoint. */
export interface EndpointDelivery {
  id: string;
  event_id: string;
  event_type: string;
  attempts: Omit<DeliveryAnswer, 'webhook_id'>[];
}
