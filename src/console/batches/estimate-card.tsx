// What a batch would use and cost, asked of the API before it is made, and the button that makes it.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { BatchResponse, DryRun } from '../../contract/batches';
import { newIdempotencyKey } from '../api/idempotency-key';
import { requestJson } from '../api/request';
import { uploadFile } from '../api/upload-file';
import { useAction } from '../api/use-action';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { formatBytes, formatCount, formatMoney, formatPercent } from '../format';
import { messages } from '../preferences';
import { navigate } from '../route';
import type { DraftInput } from './batch-draft';

interface EstimateCardProps {
  /** null while the form is being filled in. Each has a card of its own: what was said of one says nothing of the next. */
  input: DraftInput | null;
  options: Record<string, unknown>;
  /** Why there is nothing to estimate yet. */
  blocked: string | null;
}

export function EstimateCard({ input, options, blocked }: EstimateCardProps) {
  const { newBatch: m, files } = messages.value;
  const [estimate, setEstimate] = useState<DryRun | null>(null);
  const [uploaded, setUploaded] = useState<string | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const idempotencyKey = useRef('');
  const leaving = useRef(new AbortController());
  const upload = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);

  const inputs = () => (input?.kind === 'inline' ? { inputs: input.lines } : { input_file_id: uploaded });
  const check = useAction(async () => {
    const { signal } = leaving.current;
    const ask = async (body: object) =>
      setEstimate(await requestJson<DryRun>('POST', '/api/v1/batches?dry_run=true', { body, signal }));
    if (input?.kind === 'inline') await ask({ inputs: input.lines });
    if (input?.kind !== 'file') return;
    // What is there is not sent again where only the estimate has failed.
    const id = uploaded ?? (await send(input.file));
    if (id !== null) await ask({ input_file_id: id });
  });
  /** The id of the uploaded file; null where the upload was stopped. */
  const send = async (file: File): Promise<string | null> => {
    upload.current = new AbortController();
    const signal = AbortSignal.any([leaving.current.signal, upload.current.signal]);
    setShare(0);
    try {
      const { id } = await uploadFile(file, { purpose: 'batch', onProgress: setShare, signal });
      setUploaded(id);
      return id;
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    } finally {
      setShare(null);
    }
  };
  const start = useAction(async () => {
    const batch = await requestJson<BatchResponse>('POST', '/api/v1/batches', {
      body: { ...inputs(), ...options },
      headers: { 'Idempotency-Key': idempotencyKey.current },
    });
    navigate('batches', batch.id);
  });

  // The actions are made anew at each render.
  useEffect(() => {
    if (blocked === null && input?.kind === 'inline') check.run();
  }, []);
  const optionsText = JSON.stringify(options);
  // Another request needs another key.
  useEffect(() => {
    idempotencyKey.current = newIdempotencyKey();
  }, [optionsText]);

  return (
    <section class="card estimate stack" aria-live="polite" aria-busy={check.busy || input === null}>
      <h2 class="card-title">{m.estimate}</h2>
      {blocked !== null ? (
        <p class="muted">{blocked}</p>
      ) : (
        <>
          <EstimateFigures estimate={estimate} />
          {share !== null && (
            <div class="stack tight">
              <progress value={share} max={1} aria-label={m.uploading} />
              <div class="upload-line">
                <small class="muted">
                  {share < 1 ? `${m.uploading} ${formatPercent(share)}` : files.finishing}
                </small>
                <button type="button" class="quiet small" onClick={() => upload.current.abort()}>
                  {m.stopUpload}
                </button>
              </div>
            </div>
          )}
        </>
      )}
      <ErrorNotice
        failure={start.failure ?? check.failure}
        onRetry={estimate === null ? check.run : start.run}
      />
      {input?.kind === 'file' && estimate === null ? (
        <button
          type="button"
          class="primary block"
          disabled={check.busy || blocked !== null}
          onClick={check.run}
        >
          <Icon name="upload" />
          {m.uploadAndEstimate(formatBytes(input.file.size))}
        </button>
      ) : (
        <button
          type="button"
          class="primary block"
          disabled={estimate === null || blocked !== null || start.busy}
          aria-busy={start.busy}
          onClick={start.run}
        >
          {estimate === null ? m.start : m.startCount(formatCount(estimate.total))}
        </button>
      )}
    </section>
  );
}

function EstimateFigures({ estimate }: { estimate: DryRun | null }) {
  const { newBatch: m } = messages.value;
  const cost = estimate?.estimated_cost?.total_cost;
  return (
    <>
      <p class="figure">{estimate === null ? '…' : formatMoney(cost)}</p>
      <dl class="facts">
        <dt>{m.requests}</dt>
        <dd>{estimate === null ? '…' : formatCount(estimate.total)}</dd>
        <dt>{m.promptTokens}</dt>
        <dd>{estimate === null ? '…' : formatCount(estimate.estimated_usage.prompt_tokens)}</dd>
        <dt>{m.completionTokens}</dt>
        <dd>{estimate === null ? '…' : formatCount(estimate.estimated_usage.completion_tokens)}</dd>
        {cost !== undefined && (
          <>
            <dt>{m.alone}</dt>
            <dd class="struck">{formatMoney(cost * 2)}</dd>
          </>
        )}
      </dl>
      {estimate !== null && estimate.estimated_cost === null && <p class="muted">{m.noPrice}</p>}
    </>
  );
}
