// The models this deployment serves, as data.
import type { ChatModel } from './model';
import { sandbox } from './sandbox/sandbox-model';

const MODALITIES = ['text', 'image', 'document', 'audio'] as const;
export type Modality = (typeof MODALITIES)[number];

/** Nano-dollars a token. 1 USD per million tokens = 1,000 nano-dollars a token. */
export interface Prices {
  prompt: number;
  cachedPrompt: number;
  completion: number;
}

export interface CatalogueModel {
  id: string;
  provider: string;
  /** Tokens of prompt and completion together. */
  contextWindow: number;
  modalities: readonly Modality[];
  /** null where no price is known: cost is then null, never invented. */
  prices: Prices | null;
  /** When the model was added, for OpenAI's `created`: unix seconds. */
  createdSeconds: number;
  model: ChatModel;
}

const CATALOGUE: readonly CatalogueModel[] = [
  {
    id: 'sandbox',
    provider: 'quire',
    contextWindow: 128_000,
    modalities: MODALITIES,
    // Like a small commercial model's. Even numbers: the batch's half price is a whole number of nano-dollars.
    prices: { prompt: 100, cachedPrompt: 50, completion: 400 },
    createdSeconds: 1_790_000_000,
    model: sandbox,
  },
];

/** Every model, in the order of the catalogue. */
export function listModels(): readonly CatalogueModel[] {
  return CATALOGUE;
}

/** The model with this id, or null. */
export function findModel(id: string): CatalogueModel | null {
  return CATALOGUE.find((entry) => entry.id === id) ?? null;
}
