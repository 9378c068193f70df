// Something a person does that takes a while: one at a time, and its failure is kept to be shown.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ApiFailure } from './request';
import { asFailure } from './use-resource';

export interface Action<A extends unknown[]> {
  run: (...values: A) => Promise<void>;
  busy: boolean;
  failure: ApiFailure | null;
}

export function useAction<A extends unknown[]>(act: (...values: A) => Promise<void>): Action<A> {
  const [state, setState] = useState<{ busy: boolean; failure: ApiFailure | null }>({
    busy: false,
    failure: null,
  });
  const focused = useRef<Element | null>(null);
  // A button that is disabled meanwhile lets go of the focus, and gets it back unless it went elsewhere.
  useLayoutEffect(() => {
    if (state.busy) return;
    if (document.activeElement === document.body && focused.current instanceof HTMLElement)
      focused.current.focus({ preventScroll: true });
    focused.current = null;
  }, [state.busy]);
  const run = async (...values: A) => {
    if (state.busy) return;
    focused.current = document.activeElement;
    setState({ busy: true, failure: null });
    try {
      await act(...values);
      setState({ busy: false, failure: null });
    } catch (error) {
      setState({ busy: false, failure: asFailure(error) });
    }
  };
  return { run, ...state };
}
