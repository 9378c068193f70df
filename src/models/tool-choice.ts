// What a request lets a model call: its tools, as its `tool_choice` narrows them.
import type { ChatRequest, NamedToolChoice, Tool } from '../contract/chat';

export interface OfferedTools {
  tools: readonly Tool[];
  /** In the words that every provider knows; null where the client did not say. */
  choice: 'none' | 'auto' | 'required' | NamedToolChoice | null;
}

/** `allowed_tools`, which only OpenAI knows, is the allowed tools alone under its mode. */
export function offeredTools({ tools, tool_choice: choice }: ChatRequest): OfferedTools {
  const all = tools ?? [];
  if (typeof choice !== 'object' || choice?.type !== 'allowed_tools') {
    return { tools: all, choice: choice ?? null };
  }
  const { mode, tools: allowed } = choice.allowed_tools;
  const names = new Set(allowed.map(({ function: named }) => named.name));
  return { tools: all.filter((tool) => names.has(tool.function.name)), choice: mode };
}

/** The tools that a call may be of. */
export function callableTools(request: ChatRequest): readonly Tool[] {
  const { tools, choice } = offeredTools(request);
  if (choice === 'none') return [];
  if (choice === null || typeof choice === 'string') return tools;
  return tools.filter((tool) => tool.function.name === choice.function.name);
}

/** Whether the model has no choice but to call. */
export function mustCall(request: ChatRequest): boolean {
  const { choice } = offeredTools(request);
  return choice === 'required' || (typeof choice === 'object' && choice !== null);
}
