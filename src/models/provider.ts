// A place that models are called at, as the catalogue describes it.
import type { ChatModel } from './model';

export const PROVIDER_KINDS = ['sandbox', 'openai', 'anthropic', 'google', 'workers-ai'] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

export interface Provider {
  name: string;
  /** Which adapter speaks with it. `openai` is any OpenAI-compatible API. */
  kind: ProviderKind;
  /** Without a slash at its end; null for the provider's own. */
  baseUrl: string | null;
  /** The secret that holds its key; null where none is needed. */
  keyName: string | null;
}

/** A model at its provider, with what a call needs. */
export interface Upstream {
  provider: Provider;
  /** The key, or null where none is needed. */
  key: string | null;
  /** What the provider calls the model. */
  model: string;
  /** What clients call it. */
  id: string;
  /** Whether it can be asked for JSON of a schema. */
  hasJsonSchema: boolean;
}

/** Makes the adapter for a model. */
export type ConnectModel = (upstream: Upstream) => ChatModel;
