// The frame of the reference at /docs: operations to find at the side, and in the middle the one that the hash names.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { requestJson } from '../api/request';
import { useResource } from '../api/use-resource';
import { ErrorNotice } from '../components/error-notice';
import { Logo } from '../components/logo';
import { EmptyState, Page } from '../components/page';
import { PreferenceButtons } from '../components/preference-buttons';
import { messages } from '../preferences';
import { route } from '../route';
import { type OpenApiDocument, type Operation, operationsOf, searchOperations } from './openapi';
import { Method, OperationView } from './operation-view';
import { Overview } from './overview';

export function ReferenceApp() {
  const { reference, shell } = messages.value;
  const { data, failure, reload } = useResource(
    (signal) => requestJson<OpenApiDocument>('GET', '/openapi.json', { signal }),
    [],
  );
  const operations = useMemo(() => (data === null ? [] : operationsOf(data)), [data]);
  return (
    <div class="shell reference">
      <button type="button" class="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        {shell.skip}
      </button>
      <Sidebar operations={operations} />
      <main id="main" tabIndex={-1} aria-busy={data === null && failure === null}>
        {data === null ? (
          <Page title={reference.title}>
            <ErrorNotice failure={failure} onRetry={reload} />
          </Page>
        ) : (
          <Content document={data} operations={operations} />
        )}
      </main>
    </div>
  );
}

function Content({ document, operations }: { document: OpenApiDocument; operations: Operation[] }) {
  const { reference, shell } = messages.value;
  const [id] = route.value;
  useEffect(() => scrollTo(0, 0), [id]);
  if (id === undefined) return <Overview document={document} operations={operations} />;
  const operation = operations.find(({ operationId }) => operationId === id);
  if (operation !== undefined) return <OperationView key={id} document={document} operation={operation} />;
  return (
    <Page key={id} title={shell.unknownTitle}>
      <EmptyState title={reference.unknown(id)}>
        <a href="#/">{reference.title}</a>
      </EmptyState>
    </Page>
  );
}

function Sidebar({ operations }: { operations: Operation[] }) {
  const { reference } = messages.value;
  const [query, setQuery] = useState('');
  // On a phone the list would stand before the page: it is shown on demand.
  const [open, setOpen] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const found = searchOperations(operations, query);
  useEffect(() => setOpen(false), [route.value]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);

  const openFirst = (event: SubmitEvent) => {
    event.preventDefault();
    const [first] = found;
    if (first !== undefined) location.hash = `#${first.operationId}`;
  };
  return (
    <header class="sidebar">
      <a href="#/" class="brand">
        <Logo />
        <span>{reference.title}</span>
      </a>
      <search class="reference-search">
        <form onSubmit={openFirst}>
          <input
            ref={search}
            type="search"
            value={query}
            placeholder={reference.search}
            aria-label={reference.search}
            aria-keyshortcuts="/"
            autoComplete="off"
            spellcheck={false}
            onInput={(event) => {
              setQuery(event.currentTarget.value);
              setOpen(true);
            }}
          />
        </form>
        <button
          type="button"
          class="quiet contents"
          aria-expanded={open}
          aria-controls="operations"
          onClick={() => setOpen(!open)}
        >
          {reference.contents}
        </button>
        <p class="visually-hidden" role="status">
          {query === '' ? '' : reference.found(found.length)}
        </p>
      </search>
      <OperationList operations={found} open={open} />
      <div class="sidebar-tools">
        <a class="button bare words" href="/">
          {reference.toConsole}
        </a>
        <PreferenceButtons />
      </div>
    </header>
  );
}

function OperationList({ operations, open }: { operations: Operation[]; open: boolean }) {
  const { reference } = messages.value;
  const [current] = route.value;
  const groups = Map.groupBy(operations, ({ path, tags }) => (path === null ? reference.sent : tags[0]));
  const navigation = useRef<HTMLElement>(null);
  useEffect(() => {
    navigation.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [current, operations.length === 0]);
  return (
    <nav
      id="operations"
      class={open ? 'operations open' : 'operations'}
      aria-label={reference.contents}
      ref={navigation}
    >
      {operations.length === 0 && <p class="muted small">{reference.none}</p>}
      {Array.from(groups, ([group, members]) => (
        <section key={group}>
          <h2>{group}</h2>
          <ul>
            {members.map(({ operationId, method, path, summary }) => (
              <li key={operationId}>
                <a
                  href={`#${operationId}`}
                  lang="en"
                  aria-current={operationId === current ? 'page' : undefined}
                >
                  <span class="operation-name">
                    {summary}
                    {path?.startsWith('/v1/') && <span class="surface">OpenAI</span>}
                  </span>
                  <Method name={method} />
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
