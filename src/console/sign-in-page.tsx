// Asks for a key: an account's, or the deployment's admin key.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure, requestJson } from './api/request';
import { asFailure } from './api/use-resource';
import { ErrorNotice } from './components/error-notice';
import { Field } from './components/field';
import { Logo } from './components/logo';
import { PreferenceButtons } from './components/preference-buttons';
import { messages } from './preferences';
import { href } from './route';
import { refusal, signIn, signInAsAdmin } from './session';

/** The keys of `npm start`, which exist on no deployment. */
const LOCAL_KEYS = { account: 'sk-dev', admin: 'admin-dev' };

/** Something small that only a valid key may read. */
const PROBES = { account: '/api/v1/models', admin: '/api/v1/admin/accounts?limit=1' };

export function SignInPage({ admin }: { admin: boolean }) {
  const { signIn: m } = messages.value;
  const kind = admin ? 'admin' : 'account';
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const field = useRef<HTMLInputElement>(null);
  // There is nothing else to do here.
  useEffect(() => field.current?.focus(), []);
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    const problem = await tryKey(kind, key.trim());
    setBusy(false);
    setFailure(problem);
  };
  return (
    <div class="sign-in">
      <main>
        <form class="card stack" onSubmit={submit}>
          <h1>
            <Logo />
            {admin ? m.adminTitle : m.title}
          </h1>
          <p class="muted">{admin ? m.adminLead : m.lead}</p>
          <Field label={admin ? m.adminKey : m.key}>
            <input
              ref={field}
              type="password"
              autoComplete="off"
              spellcheck={false}
              required
              value={key}
              placeholder={admin ? '' : 'qk_…'}
              onInput={(event) => setKey(event.currentTarget.value)}
            />
          </Field>
          <ErrorNotice failure={failure ?? refusal.value} />
          <button type="submit" class="primary block" disabled={busy || key.trim() === ''} aria-busy={busy}>
            {m.submit}
          </button>
          {isLocal && (
            <p class="hint">
              {m.localHint}{' '}
              <button type="button" class="link mono" onClick={() => setKey(LOCAL_KEYS[kind])}>
                {LOCAL_KEYS[kind]}
              </button>
            </p>
          )}
          <p class="muted small">{m.stored}</p>
        </form>
        <footer class="sign-in-footer">
          <a href={admin ? href() : href('admin')}>{admin ? m.toAccount : m.toAdmin}</a>
          <a href="/docs">{messages.value.reference.title}</a>
          <span class="sidebar-tools">
            <PreferenceButtons />
          </span>
        </footer>
      </main>
    </div>
  );
}

/** Signs in with the key, or says why not. */
async function tryKey(kind: 'account' | 'admin', key: string): Promise<ApiFailure | null> {
  const enter = kind === 'admin' ? signInAsAdmin : signIn;
  try {
    await requestJson('GET', PROBES[kind], { key });
    enter(key);
    return null;
  } catch (error) {
    const failure = asFailure(error);
    // Without an admin key there is no admin API at all.
    if (kind === 'account' || failure.status !== 404) return failure;
    return new ApiFailure(404, {
      type: failure.type,
      message: messages.value.signIn.noAdmin,
      param: null,
      ...(failure.requestId !== null && { request_id: failure.requestId }),
    });
  }
}
