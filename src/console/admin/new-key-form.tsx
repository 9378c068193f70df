// Makes a key of an account: with a name alone it may do everything, as long as it is not revoked.
import { useState } from 'preact/hooks';
import type { KeyCreate, KeyCreated, Scope } from '../../contract/accounts';
import { requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { Checks } from '../components/checks';
import { ErrorNotice } from '../components/error-notice';
import { Field } from '../components/field';
import { messages } from '../preferences';
import { KEY_SCOPES } from './key-scopes';
import { KEY_LIMITS, LimitFields, limitsOf, limitTexts } from './limit-fields';

const NOTHING_CHOSEN = {
  name: '',
  expires: '',
  scopes: [] as Scope[],
  limits: limitTexts(KEY_LIMITS, {}),
};

export function NewKeyForm({ path, onMade }: { path: string; onMade: (key: KeyCreated) => void }) {
  const { admin: m } = messages.value;
  const [chosen, setChosen] = useState(NOTHING_CHOSEN);
  const set = (change: Partial<typeof NOTHING_CHOSEN>) => setChosen({ ...chosen, ...change });
  const create = useAction(async () => {
    const made = await requestJson<KeyCreated>('POST', path, { body: keyOf(chosen) });
    setChosen(NOTHING_CHOSEN);
    onMade(made);
  });
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        create.run();
      }}
    >
      <div class="key-form">
        <Field label={m.keyName}>
          <input
            required
            maxLength={200}
            value={chosen.name}
            onInput={(event) => set({ name: event.currentTarget.value })}
          />
        </Field>
        <Field label={m.keyExpires}>
          <input
            type="date"
            min={new Date().toISOString().slice(0, 'yyyy-mm-dd'.length)}
            value={chosen.expires}
            onInput={(event) => set({ expires: event.currentTarget.value })}
          />
        </Field>
        <button type="submit" class="primary" disabled={create.busy || chosen.name.trim() === ''}>
          {m.createKey}
        </button>
      </div>
      <details>
        <summary>{m.keyOptions}</summary>
        <div class="stack">
          <Checks
            legend={m.scopes}
            hint={m.scopesHint}
            options={KEY_SCOPES.map((value) => ({ value, text: <span class="mono">{value}</span> }))}
            chosen={chosen.scopes}
            onChange={(scopes) => set({ scopes })}
          />
          <LimitFields names={KEY_LIMITS} texts={chosen.limits} onInput={(limits) => set({ limits })} />
          <small>{m.keyLimitsHint}</small>
        </div>
      </details>
      <ErrorNotice failure={create.failure} />
    </form>
  );
}

/** The request: no scope chosen is every scope, a day is meant to its end in UTC. */
function keyOf({ name, expires, scopes, limits }: typeof NOTHING_CHOSEN): KeyCreate {
  return {
    name: name.trim(),
    scopes: scopes.length === 0 ? null : scopes,
    expires_at: expires === '' ? null : `${expires}T23:59:59Z`,
    limits: limitsOf(limits),
  };
}
