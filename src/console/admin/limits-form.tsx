// An account's limits, to be changed.
import { useState } from 'preact/hooks';
import type { AccountResponse } from '../../contract/accounts';
import { requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { ErrorNotice } from '../components/error-notice';
import { messages } from '../preferences';
import { ACCOUNT_LIMITS, LimitFields, limitsOf, limitTexts } from './limit-fields';

interface LimitsFormProps {
  path: string;
  account: AccountResponse;
  onChange: (account: AccountResponse) => void;
}

export function LimitsForm({ path, account, onChange }: LimitsFormProps) {
  const { admin: m } = messages.value;
  const [texts, setTexts] = useState(() => limitTexts(ACCOUNT_LIMITS, account.limits));
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
        <LimitFields
          names={ACCOUNT_LIMITS}
          texts={texts}
          onInput={(next) => {
            setSaved(false);
            setTexts(next);
          }}
        />
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
