// An account's limits; an empty field is no limit.
import { useState } from 'preact/hooks';
import type { AccountResponse, Limits } from '../../contract/accounts';
import { requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { ErrorNotice } from '../components/error-notice';
import { Field } from '../components/field';
import { messages } from '../preferences';

const NAMES = [
  'requests_per_minute',
  'tokens_per_minute',
  'monthly_budget',
  'concurrent_batches',
  'storage_bytes',
] as const satisfies (keyof Limits)[];
type LimitName = (typeof NAMES)[number];

interface LimitsFormProps {
  path: string;
  account: AccountResponse;
  onChange: (account: AccountResponse) => void;
}

export function LimitsForm({ path, account, onChange }: LimitsFormProps) {
  const { admin: m } = messages.value;
  const [texts, setTexts] = useState(() => textsOf(account.limits));
  const [saved, setSaved] = useState(false);
  const save = useAction(async () => {
    onChange(await requestJson<AccountResponse>('PATCH', path, { body: { limits: limitsOf(texts) } }));
    setSaved(true);
  });
  return (
    <section class="stack tight">
      <h2>{m.limitsTitle}</h2>
      <form
        class="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <div class="grid-2">
          {NAMES.map((name) => (
            <Field key={name} label={m.limits[name]}>
              <input
                type="number"
                min={0}
                step={name === 'monthly_budget' ? 'any' : 1}
                value={texts[name]}
                placeholder={m.noLimit}
                onInput={(event) => {
                  setSaved(false);
                  setTexts({ ...texts, [name]: event.currentTarget.value });
                }}
              />
            </Field>
          ))}
        </div>
        <ErrorNotice failure={save.failure} />
        <div class="actions">
          <span class="muted" role="status">
            {saved && m.saved}
          </span>
          <button type="submit" class="primary" disabled={save.busy}>
            {m.save}
          </button>
        </div>
      </form>
    </section>
  );
}

function textsOf(limits: Limits): Record<LimitName, string> {
  return Object.fromEntries(NAMES.map((name) => [name, String(limits[name] ?? '')])) as Record<
    LimitName,
    string
  >;
}

/** Every limit is sent: null lifts one. */
function limitsOf(texts: Record<LimitName, string>): Record<LimitName, number | null> {
  const limits = NAMES.map((name) => [name, texts[name].trim() === '' ? null : Number(texts[name])]);
  return Object.fromEntries(limits) as Record<LimitName, number | null>;
}
