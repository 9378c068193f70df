// The frame of a page: its title, which takes the focus when the page changes, and its actions.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { moves } from '../route';

interface PageProps {
  title: string;
  /** In place of the title where that is more than a text. */
  heading?: ComponentChildren;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  /** Of a page that goes on in place: another step gives the title the focus again. */
  step?: string;
  children: ComponentChildren;
}

export function Page({ title, heading, lead, actions, step, children }: PageProps) {
  const headingElement = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Quire`;
  }, [title]);
  useEffect(() => {
    // Not at first: then the focus begins where the page does.
    if (moves.peek() > 0) headingElement.current?.focus({ preventScroll: true });
  }, []);
  const shownStep = useRef(step);
  useEffect(() => {
    if (step !== shownStep.current) headingElement.current?.focus();
    shownStep.current = step;
  }, [step]);
  return (
    <>
      <header class="page-header">
        <div class="page-title">
          <h1 tabIndex={-1} ref={headingElement}>
            {heading ?? title}
          </h1>
          {lead !== undefined && <p class="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** In place of a list that has nothing yet: what it is for and how to begin. */
export function EmptyState({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
