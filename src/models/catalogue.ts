// The models this deployment serves: the default set and what the variable CATALOGUE adds to it or replaces.
import { env } from 'cloudflare:workers';
import type * as z from 'zod';
import { ApiError } from '../contract/errors';
import { issueFault } from '../contract/issue-fault';
import { faultSentence } from '../contract/messages/en-reasons';
import type { Modality } from '../contract/models';
import { catalogueConfig, type modelEntry, type providerEntry } from './catalogue-entry';
import { DEFAULT_CATALOGUE } from './default-catalogue';
import { lazyModel } from './lazy-model';
import type { ChatModel } from './model';
import { connectOpenai } from './openai/openai-model';
import type { ConnectModel, Provider, ProviderKind } from './provider';
import { connectWorkersAi } from './workers-ai/workers-ai-model';

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
  hasTools: boolean;
  /** Whether the provider itself holds answers to a JSON Schema. */
  hasJsonSchema: boolean;
  /** null where no price is known: cost is then null, never invented. */
  prices: Prices | null;
  /** For each call to the provider. */
  timeoutMs: number;
  /** How often a call that failed for overload, timeout or a 5xx is made again. */
  retries: number;
  /** Ids of models that are asked in turn where this one fails so. */
  fallbacks: readonly string[];
  /** When the model was added, for OpenAI's `created`: unix seconds. */
  createdSeconds: number;
  model: ChatModel;
}

const CONNECT: Record<ProviderKind, ConnectModel> = {
  sandbox: lazyModel(async () => {
    const { sandbox } = await import('./sandbox/sandbox-model');
    return () => sandbox;
  }),
  openai: connectOpenai,
  anthropic: lazyModel(async () => (await import('./anthropic/anthropic-model')).connectAnthropic),
  google: lazyModel(async () => (await import('./google/google-model')).connectGoogle),
  'workers-ai': connectWorkersAi,
};

/** Workers AI has no key: a deployment binds it, by this name. */
const AI_BINDING = 'AI' satisfies keyof Env;

interface Catalogue {
  usable: Map<string, CatalogueModel>;
  /** Models whose provider lacks its secret or its binding, with the name of what is missing. */
  keyless: Map<string, string>;
}

let made: Catalogue | null = null;

/** Every model that can be called, in the order of the catalogue. */
export function listModels(): readonly CatalogueModel[] {
  return Array.from(catalogue().usable.values());
}

/** The model with this id, or null. */
export function findModel(id: string): CatalogueModel | null {
  return catalogue().usable.get(id) ?? null;
}

/** The secret, or the binding, that a model of the catalogue lacks, or null. */
export function missingKeyOf(id: string): string | null {
  return catalogue().keyless.get(id) ?? null;
}

/** What is wrong with this deployment's configuration of models, for whoever runs it; null where nothing is. */
export function catalogueFault(): string | null {
  try {
    catalogue();
    return null;
  } catch (error) {
    if (error instanceof ApiError && error.cause instanceof Error) return error.cause.message;
    throw error;
  }
}

/** Configuration and secrets are fixed for as long as an isolate lives. */
function catalogue(): Catalogue {
  made ??= makeCatalogue(env.CATALOGUE ?? '', env);
  return made;
}

/**
 * The catalogue that a configuration (JSON text, or nothing) and the deployment's secrets and bindings come to.
 *
 * @throws ApiError `internal_error` whose cause says what is wrong with the configuration
 */
export function makeCatalogue(config: string, deployment: object): Catalogue {
  const own = parseConfig(config);
  const standard = catalogueConfig.parse(DEFAULT_CATALOGUE);
  const providers = { ...standard.providers, ...own.providers };
  const defaults = own.keep_defaults ? standard.models : [];
  const replaced = new Set(own.models.map(({ id }) => id));
  const entries = [...defaults.filter(({ id }) => !replaced.has(id)), ...own.models];
  const result: Catalogue = { usable: new Map(), keyless: new Map() };
  for (const entry of entries) {
    const provider = providerOf(entry, providers[entry.provider]);
    const missing = missingOf(provider, deployment);
    if (missing !== null) result.keyless.set(entry.id, missing);
    else result.usable.set(entry.id, modelOf(entry, provider, keyOf(provider, deployment)));
  }
  return result;
}

function parseConfig(text: string): z.output<typeof catalogueConfig> {
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch (cause) {
    // Not the parser's words: they quote the text.
    const position = /at position \d+/.exec(String(cause))?.[0];
    throw invalidCatalogue(`it is not JSON${position === undefined ? '' : ` ${position}`}`);
  }
  const result = catalogueConfig.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalidCatalogue(
    issue === undefined ? 'it is not as described' : faultSentence(issueFault(issue, value)),
  );
}

function providerOf(
  { id, provider: name }: z.output<typeof modelEntry>,
  entry: z.output<typeof providerEntry> | undefined,
): Provider {
  if (entry === undefined) {
    throw invalidCatalogue(`the model "${id}" is of a provider "${name}" that is not there`);
  }
  const baseUrl = entry.base_url?.replace(/\/+$/, '') ?? null;
  return { name, kind: entry.kind, baseUrl, keyName: entry.key ?? null };
}

/** The reason goes to the log and to /healthz: it names places, never values. */
function invalidCatalogue(reason: string): ApiError {
  return new ApiError('internal_error', {
    detail: ['catalogue_invalid'],
    cause: new Error(`the variable CATALOGUE is not valid: ${reason}`),
  });
}

/** The name of what has to be set before a provider can be asked, or null. */
function missingOf(provider: Provider, deployment: object): string | null {
  if (provider.kind === 'workers-ai') return Reflect.get(deployment, AI_BINDING) ? null : AI_BINDING;
  return provider.keyName !== null && keyOf(provider, deployment) === null ? provider.keyName : null;
}

function keyOf({ keyName }: Provider, deployment: object): string | null {
  const value: unknown = keyName === null ? null : Reflect.get(deployment, keyName);
  return typeof value === 'string' && value !== '' ? value : null;
}

function modelOf(entry: z.output<typeof modelEntry>, provider: Provider, key: string | null): CatalogueModel {
  const { prices } = entry;
  const hasJsonSchema = entry.abilities.json_schema;
  return {
    id: entry.id,
    provider: provider.name,
    contextWindow: entry.context_window,
    modalities: entry.modalities,
    hasTools: entry.abilities.tools,
    hasJsonSchema,
    prices:
      prices === undefined
        ? null
        : {
            prompt: nanoPerToken(prices.prompt),
            cachedPrompt: nanoPerToken(prices.cached_prompt ?? prices.prompt),
            completion: nanoPerToken(prices.completion),
          },
    timeoutMs: entry.timeout_seconds * 1000,
    retries: entry.retries,
    fallbacks: entry.fallbacks,
    createdSeconds: entry.created,
    model: CONNECT[provider.kind]({
      provider,
      key,
      model: entry.model ?? entry.id,
      id: entry.id,
      hasJsonSchema,
    }),
  };
}

/** A fraction of a nano-dollar is kept: the cost of a whole request is what is rounded. */
function nanoPerToken(usdPerMillion: number): number {
  return usdPerMillion * 1000;
}
