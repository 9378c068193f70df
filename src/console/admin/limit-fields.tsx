// Fields for limits, of accounts and of keys; an empty one is no limit.
import type { Limits } from '../../contract/accounts';
import { Field } from '../components/field';
import { messages } from '../preferences';

export const KEY_LIMITS = [
  'requests_per_minute',
  'tokens_per_minute',
  'monthly_budget',
  'concurrent_batches',
] as const satisfies (keyof Limits)[];
/** A key has no storage of its own. */
export const ACCOUNT_LIMITS = [...KEY_LIMITS, 'storage_bytes'] as const satisfies (keyof Limits)[];

/** Limits as they were typed. */
export type LimitTexts<N extends keyof Limits> = Record<N, string>;

interface LimitFieldsProps<N extends keyof Limits> {
  names: readonly N[];
  texts: LimitTexts<N>;
  onInput: (texts: LimitTexts<N>) => void;
}

export function LimitFields<N extends keyof Limits>({ names, texts, onInput }: LimitFieldsProps<N>) {
  const { admin: m } = messages.value;
  return (
    <div class="grid-2">
      {names.map((name) => (
        <Field key={name} label={m.limits[name]}>
          <input
            type="number"
            min={0}
            step={name === 'monthly_budget' ? 'any' : 1}
            value={texts[name]}
            placeholder={m.noLimit}
            onInput={(event) => onInput({ ...texts, [name]: event.currentTarget.value })}
          />
        </Field>
      ))}
    </div>
  );
}

export function limitTexts<N extends keyof Limits>(names: readonly N[], limits: Limits): LimitTexts<N> {
  return Object.fromEntries(names.map((name) => [name, String(limits[name] ?? '')])) as LimitTexts<N>;
}

/** Every limit is there: null lifts one. */
export function limitsOf<N extends keyof Limits>(texts: LimitTexts<N>): Record<N, number | null> {
  const limits = Object.entries<string>(texts).map(([name, text]) => [
    name,
    text.trim() === '' ? null : Number(text),
  ]);
  return Object.fromEntries(limits) as Record<N, number | null>;
}
