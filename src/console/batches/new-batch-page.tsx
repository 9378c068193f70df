// Makes a batch: choose what it is made from, say what to do with it, see what it would cost, start it.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ListResponse } from '../../contract/lists';
import type { ModelResponse } from '../../contract/models';
import { requestJson } from '../api/request';
import { useResource } from '../api/use-resource';
import { CodeBlock } from '../components/code-block';
import { Icon } from '../components/icon';
import { Page } from '../components/page';
import { formatBytes, formatCount } from '../format';
import { messages } from '../preferences';
import { type DraftOptions, draftInput, draftOptions } from './batch-draft';
import { batchLines, countLines, firstMapping, type Mapping, unknownColumns } from './batch-lines';
import { type BatchSource, readSource, SourceError, type SourceProblem } from './batch-source';
import { droppedSource } from './dropped-source';
import { EstimateCard } from './estimate-card';
import { MappingForm } from './mapping-form';
import { OptionsForm } from './options-form';
import { SourcePicker } from './source-picker';

const NO_OPTIONS: DraftOptions = {
  name: '',
  completionWindow: '',
  maxCost: '',
  webhookUrl: '',
  webhookSecret: '',
};

export function NewBatchPage() {
  const { newBatch: m } = messages.value;
  const models = useResource<ListResponse<ModelResponse>>(
    (signal) => requestJson('GET', '/api/v1/models', { signal }),
    [],
  );
  const [source, setSource] = useState<BatchSource | null>(null);
  const [problem, setProblem] = useState<SourceProblem | null>(null);
  const [mapping, setMapping] = useState<Mapping>({ model: '', system: '', prompt: '', idColumn: null });
  const [options, setOptions] = useState(NO_OPTIONS);
  const firstModel = models.data?.data[0]?.id ?? 'sandbox';

  const choose = async (read: () => BatchSource | Promise<BatchSource>) => {
    try {
      const next = await read();
      setProblem(null);
      setSource(next);
      setMapping(firstMapping(next, mapping.model || firstModel));
      setOptions((last) => ({ ...last, name: next.name }));
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      setProblem(error.problem);
    }
  };
  useEffect(() => {
    const file = droppedSource.value;
    droppedSource.value = null;
    if (file !== null) choose(() => readSource(file));
  }, []);

  if (source === null) {
    return (
      <Page title={m.title} lead={m.lead} step="source">
        <SourcePicker problem={problem} onChoose={choose} />
      </Page>
    );
  }
  return (
    <Page title={m.title} lead={m.lead} step="request">
      <div class="split">
        <div class="stack">
          <SourceCard source={source} onDrop={() => setSource(null)} />
          <MappingForm
            source={source}
            mapping={{ ...mapping, model: mapping.model || firstModel }}
            models={models.data?.data ?? []}
            onChange={setMapping}
          />
          <OptionsForm options={options} onChange={setOptions} />
        </div>
        <DraftAside source={source} mapping={mapping} options={options} firstModel={firstModel} />
      </div>
    </Page>
  );
}

function SourceCard({ source, onDrop }: { source: BatchSource; onDrop: () => void }) {
  const { newBatch: m } = messages.value;
  const count = countLines(source);
  return (
    <section class="card source-card">
      <Icon name="files" />
      <div>
        <strong>{source.name}</strong>
        <div class="muted">
          {source.kind === 'file' && m.fileAsItIs(formatBytes(source.file.size))}
          {source.kind === 'requests' && m.requestCount(formatCount(count ?? 0))}
          {source.kind === 'table' &&
            m.rowCount(formatCount(count ?? 0), formatCount(source.table.columns.length))}
        </div>
      </div>
      <button type="button" class="quiet" onClick={onDrop}>
        {m.replace}
      </button>
    </section>
  );
}

interface DraftAsideProps {
  source: BatchSource;
  mapping: Mapping;
  options: DraftOptions;
  firstModel: string;
}

/** Beside the form: the first request as it will be sent, and what all of them would cost. */
function DraftAside({ source, mapping: chosen, options, firstModel }: DraftAsideProps) {
  const { newBatch: m } = messages.value;
  const mapping = useMemo(() => ({ ...chosen, model: chosen.model || firstModel }), [chosen, firstModel]);
  const input = useSettled(useMemo(() => () => draftInput(source, mapping), [source, mapping]));
  const first = batchLines(source, mapping).next().value;
  const preview = JSON.stringify(first?.body ?? null, null, 2).slice(0, PREVIEW_LIMIT_CHARACTERS);
  const blocked = blockingProblem(mapping, source);
  return (
    <aside class="stack sticky">
      <EstimateCard
        key={input?.round ?? 0}
        input={input?.value ?? null}
        options={draftOptions(options)}
        blocked={blocked}
      />
      <section class="card">
        <h2 class="card-title">{m.firstRequest}</h2>
        <CodeBlock text={preview} label={m.copyRequest} />
      </section>
    </aside>
  );
}

const PREVIEW_LIMIT_CHARACTERS = 4_000;

function blockingProblem(mapping: Mapping, source: BatchSource): string | null {
  const { newBatch: m } = messages.value;
  if (source.kind !== 'table') return null;
  const unknown = unknownColumns(source, mapping);
  if (unknown.length > 0) return m.unknownColumns(unknown.join(', '));
  return mapping.prompt.trim() === '' ? m.promptMissing : null;
}

/** Typing is let come to rest before anything is made of it: 50,000 lines take a moment. */
const SETTLE_MS = 500;

/** What `make` made, and the how manieth it is, from 1. */
function useSettled<T>(make: () => T): { value: T; round: number } | null {
  const [settled, setSettled] = useState<{ value: T; round: number } | null>(null);
  const rounds = useRef(0);
  useEffect(() => {
    setSettled(null);
    const timer = setTimeout(() => {
      rounds.current += 1;
      setSettled({ value: make(), round: rounds.current });
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [make]);
  return settled;
}
