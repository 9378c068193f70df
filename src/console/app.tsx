// The frame of the console, and which page stands in it.
import type { ComponentChild } from 'preact';
import { AccountPage } from './admin/account-page';
import { AdminPage } from './admin/admin-page';
import { AuditPage } from './admin/audit-page';
import { BatchPage } from './batches/batch-page';
import { BatchesPage } from './batches/batches-page';
import { NewBatchPage } from './batches/new-batch-page';
import { Icon, type IconName } from './components/icon';
import { Logo } from './components/logo';
import { EmptyState, Page } from './components/page';
import { PreferenceButtons } from './components/preference-buttons';
import { FilesPage } from './files/files-page';
import { PlaygroundPage } from './playground/playground-page';
import { messages } from './preferences';
import { href, route } from './route';
import { accountKey, adminKey, signOut, signOutAsAdmin } from './session';
import { SignInPage } from './sign-in-page';
import { UsagePage } from './usage/usage-page';
import { WebhooksPage } from './webhooks/webhooks-page';

const SECTIONS = ['batches', 'playground', 'files', 'usage', 'webhooks', 'admin'] as const;
type Section = (typeof SECTIONS)[number];

export function App() {
  const section = sectionOf(route.value);
  const key = section === 'admin' ? adminKey.value : accountKey.value;
  if (key === null)
    return <SignInPage key={section === 'admin' ? 'admin' : 'account'} admin={section === 'admin'} />;
  return (
    <div class="shell">
      <button type="button" class="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        {messages.value.shell.skip}
      </button>
      <Sidebar section={section} />
      <main id="main" tabIndex={-1}>
        {pageOf(route.value)}
      </main>
    </div>
  );
}

/** A key makes each path a page of its own: nothing of the one before stays. */
function pageOf([section = 'batches', id, part]: string[]): ComponentChild {
  switch (section) {
    case 'batches':
      if (id === undefined) return <BatchesPage />;
      return id === 'new' ? <NewBatchPage /> : <BatchPage key={id} id={id} />;
    case 'playground':
      return <PlaygroundPage />;
    case 'files':
      return <FilesPage />;
    case 'usage':
      return <UsagePage />;
    case 'webhooks':
      return <WebhooksPage />;
    case 'admin':
      if (id === undefined) return <AdminPage />;
      // No account has this id.
      return id === 'audit' ? <AuditPage key={part} accountId={part} /> : <AccountPage key={id} id={id} />;
    default:
      return <UnknownPage />;
  }
}

function UnknownPage() {
  const { shell } = messages.value;
  return (
    <Page title={shell.unknownTitle}>
      <EmptyState title={shell.unknownText}>
        <a href={href('batches')}>{messages.value.batches.title}</a>
      </EmptyState>
    </Page>
  );
}

function Sidebar({ section }: { section: Section | null }) {
  const { shell } = messages.value;
  return (
    <header class="sidebar">
      <a href={href()} class="brand" aria-label="Quire">
        <Logo />
        <span>Quire</span>
      </a>
      <nav aria-label={shell.navigation}>
        {SECTIONS.map((name) => (
          <a key={name} href={href(name)} aria-current={name === section ? 'page' : undefined}>
            <Icon name={name satisfies IconName} />
            <span>{shell.sections[name]}</span>
          </a>
        ))}
        <a href="/docs" class="aside">
          <Icon name="reference" />
          <span>{messages.value.reference.title}</span>
        </a>
      </nav>
      <div class="sidebar-tools">
        <PreferenceButtons />
        <button
          type="button"
          class="bare"
          title={shell.signOut}
          aria-label={shell.signOut}
          onClick={() => (section === 'admin' ? signOutAsAdmin() : signOut())}
        >
          <Icon name="leave" />
        </button>
      </div>
    </header>
  );
}

function sectionOf([name = 'batches']: string[]): Section | null {
  return SECTIONS.find((section) => section === name) ?? null;
}
