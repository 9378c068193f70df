// What a page shows of the API: loaded when its inputs change, asked for again on demand.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure } from './request';

export interface Resource<T> {
  /** What was loaded last, kept while it is loaded again. */
  data: T | null;
  failure: ApiFailure | null;
  loading: boolean;
  reload: () => void;
}

/** @param inputs what `load` depends on: data of other inputs is dropped at once */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, 'reload'>>({
    data: null,
    failure: null,
    loading: true,
  });
  const [round, setRound] = useState(0);
  const inputsKey = JSON.stringify(inputs);
  const loadedKey = useRef(inputsKey);

  // `load` is made anew at each render; `inputs` say when it differs.
  useEffect(() => {
    const controller = new AbortController();
    const keep = loadedKey.current === inputsKey;
    loadedKey.current = inputsKey;
    setState((last) => ({ data: keep ? last.data : null, failure: null, loading: true }));
    load(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ data, failure: null, loading: false });
      },
      (error) => {
        if (controller.signal.aborted) return;
        setState((last) => ({ data: last.data, failure: asFailure(error), loading: false }));
      },
    );
    return () => controller.abort();
  }, [inputsKey, round]);

  const reload = useCallback(() => setRound((count) => count + 1), []);
  return { ...state, reload };
}

/** Whatever was thrown: what is not the API's is a fault of the console's own, and is told as such. */
export function asFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  return new ApiFailure(null, { type: 'console', message: String(error), param: null });
}
