// Uploads under way: one after the other, each with its progress, until they are done or given up.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { UploadPurpose } from '../../contract/files';
import type { ApiFailure } from '../api/request';
import { uploadFile } from '../api/upload-file';
import { asFailure } from '../api/use-resource';

interface Upload {
  key: number;
  name: string;
  size: number;
  /** 0 to 1. */
  share: number;
  failure: ApiFailure | null;
  cancel: () => void;
}

export interface Uploads {
  list: readonly Upload[];
  add: (files: readonly File[], purpose: UploadPurpose) => void;
  dismiss: (key: number) => void;
}

/** @param onDone called for each file that is stored */
export function useUploads(onDone: () => void): Uploads {
  const [list, setList] = useState<Upload[]>([]);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const nextKey = useRef(0);
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);

  const change = (key: number, part: Partial<Upload>) =>
    setList((last) => last.map((upload) => (upload.key === key ? { ...upload, ...part } : upload)));
  const dismiss = (key: number) => setList((last) => last.filter((upload) => upload.key !== key));

  const send = async (file: File, purpose: UploadPurpose, key: number, signal: AbortSignal) => {
    if (signal.aborted) return;
    try {
      await uploadFile(file, { purpose, signal, onProgress: (share) => change(key, { share }) });
      dismiss(key);
      onDone();
    } catch (error) {
      if (leaving.current.signal.aborted) return;
      if (!signal.aborted) return change(key, { failure: asFailure(error) });
      // One stopped at its very end may be there all the same, and then it is to be seen.
      onDone();
    }
  };
  const add = (files: readonly File[], purpose: UploadPurpose) => {
    for (const file of files) {
      const key = nextKey.current++;
      const controller = new AbortController();
      const cancel = () => {
        controller.abort();
        dismiss(key);
      };
      const upload = { key, name: file.name, size: file.size, share: 0, failure: null, cancel };
      setList((last) => [...last, upload]);
      const signal = AbortSignal.any([controller.signal, leaving.current.signal]);
      queue.current = queue.current.then(() => send(file, purpose, key, signal));
    }
  };
  return { list, add, dismiss };
}
