// What the chaos provider answers to a prompt: a pure function of it, so that every result can be checked.
import { createHash } from 'node:crypto';

/** USD per million tokens. The halves are whole nano-dollars. */
export const PRICES: Record<string, { prompt: number; completion: number }> = {
  'chaos/dear': { prompt: 2, completion: 8 },
  'chaos/cheap': { prompt: 1, completion: 4 },
};
export const MODELS = Object.keys(PRICES);

/** Every so-many-th prompt is refused for its content. */
const REFUSED_EVERY = 23;

const NANO_PER_MICRO = 1_000;

export interface ExpectedAnswer {
  isRefused: boolean;
  text: string;
  promptTokens: number;
  /** Without a limit of its length. */
  completionTokens: number;
}

/** Some thirty words: more tokens than the provider counts, whoever estimates. */
export function promptOf(name: string): string {
  return `This is ${name}. Please read the following sentence with care and say in a few words what it is about: the parcel came two days late, but the lamp works and looks as it does in the picture.`;
}

export function expectedAnswer(prompt: string): ExpectedAnswer {
  const digest = createHash('sha256').update(prompt).digest();
  return {
    isRefused: digest.readUInt16BE(0) % REFUSED_EVERY === 0,
    text: `Answer ${digest.toString('hex').slice(0, 24)}`,
    promptTokens: 10 + ((digest[2] ?? 0) % 8),
    completionTokens: 5 + ((digest[3] ?? 0) % 20),
  };
}

/** Nano-dollars of so many tokens; `share` is what of the price is paid. */
export function costNano(
  model: string,
  tokens: { prompt_tokens: number; completion_tokens: number },
  share: number,
): number {
  const prices = PRICES[model];
  if (prices === undefined) throw new Error(`no model ${model}`);
  const prompt = tokens.prompt_tokens * prices.prompt * NANO_PER_MICRO;
  return (prompt + tokens.completion_tokens * prices.completion * NANO_PER_MICRO) * share;
}
