// The two numbers in a provider's words about a prompt that is too long: what the request has, and what the model takes.
// Each provider has a sentence of its own, and changes it now and then: an unknown one is still known for what it is.

export interface ContextLength {
  /** Tokens of the request, with those asked for its answer where the provider counts them in; null if it does not say. */
  tokens: number | null;
  /** What the model takes. */
  window: number;
}

/** Whether words speak of a prompt that is too long. */
const CONTEXT_LENGTH =
  /context[ _-]?(length|window|size|limit)|maximum (context|prompt length)|prompt is too long|too many (input )?tokens|input token count|model token limit|tokens exceed the configured limit|exceeds? the (maximum|limit) .{0,80}tokens|max_new_tokens` must be/i;

/** More specific sentences first. A group `answer` is counted to `tokens`. */
const SENTENCES = [
  // vLLM, where the prompt fits and the answer does not
  /is too large: (?<answer>\d+)\W{1,3}this model's maximum context length is (?<window>\d+) tokens and your request has (?<tokens>\d+)/i,
  /you passed (?<tokens>\d+) input tokens and requested (?<answer>\d+) output tokens.{1,40}context length is only (?<window>\d+)/i,
  // OpenAI, DeepSeek, OpenRouter, vLLM
  /maximum context length is (?<window>\d+)\b.{1,40}?(?:resulted in|requested(?: about)?) (?<tokens>\d+) tokens/i,
  /exceed the configured limit of (?<window>\d+)\b.{1,40}?resulted in (?<tokens>\d+) tokens/i,
  // Anthropic
  /prompt is too long: (?<tokens>\d+) tokens > (?<window>\d+)/i,
  /exceed context limit: (?<tokens>\d+) \+ (?<answer>\d+) > (?<window>\d+)/i,
  // Google
  /input token count \((?<tokens>\d+)\) exceeds the maximum number of tokens allowed \(?(?<window>\d+)/i,
  /maximum number of tokens allowed \(?(?<window>\d+)/i,
  // Mistral
  /prompt contains (?<tokens>\d+) tokens.{1,40}?too large for model with (?<window>\d+) maximum context length/i,
  // xAI
  /maximum prompt length is (?<window>\d+) but the request contains (?<tokens>\d+)/i,
  // SGLang, Together
  /input \((?<tokens>\d+) tokens\) is longer than the model's context length \((?<window>\d+)/i,
  /maximum context length of (?<window>\d+) tokens\. you requested a total of (?<tokens>\d+)/i,
  /must be <= (?<window>\d+)\. given: (?<tokens>\d+) `inputs` tokens and (?<answer>\d+)/i,
  // Workers AI
  /tokens \((?<tokens>\d+)\) exceeded this model context window limit \((?<window>\d+)/i,
  // llama.cpp
  /request \((?<tokens>\d+) tokens\) exceeds the available context size \((?<window>\d+)/i,
  // Moonshot
  /model token limit: (?<window>\d+) \(requested: (?<tokens>\d+)/i,
  // Whoever says no more than this
  /(?:input length|prompt token count)\W{1,2}(?:of )?(?<tokens>\d+)\)? exceeds .{0,30}?(?:length|limit) (?:of )?\(?(?<window>\d+)/i,
  /maximum (?:context|prompt) length (?:is|of) (?<window>\d+)/i,
];

export function isAboutContextLength(words: string): boolean {
  return CONTEXT_LENGTH.test(words);
}

/** The numbers, or null where there are none that we know to read. */
export function contextLengthIn(words: string): ContextLength | null {
  for (const sentence of SENTENCES) {
    const found = sentence.exec(words)?.groups;
    if (found === undefined) continue;
    const { tokens, answer = '0', window } = found;
    return { tokens: tokens === undefined ? null : Number(tokens) + Number(answer), window: Number(window) };
  }
  return null;
}
