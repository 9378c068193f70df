// The lines of a batch: a source and what was chosen for it, in the API's form.
import type { BatchSource, LooseRequest } from './batch-source';
import { columnsOf, fillTemplate } from './prompt-template';

/** What the form asks for: of all but a table, only the model is used. */
export interface Mapping {
  /** For requests that name none. */
  model: string;
  system: string;
  prompt: string;
  /** The column with the ids; null numbers the rows. */
  idColumn: string | null;
}

export interface LooseLine {
  custom_id: string;
  method: 'POST';
  url: '/v1/chat/completions';
  body: LooseRequest;
}

export function countLines(source: BatchSource): number | null {
  if (source.kind === 'table') return source.table.rows.length;
  return source.kind === 'requests' ? source.requests.length : null;
}

/** Line by line, so that a preview makes only the one it shows. */
export function* batchLines(source: BatchSource, mapping: Mapping): Generator<LooseLine> {
  if (source.kind === 'file') {
    yield source.firstLine;
    return;
  }
  if (source.kind === 'requests') {
    for (const [index, { customId, body }] of source.requests.entries()) {
      yield line(customId ?? String(index + 1), { model: mapping.model, ...body });
    }
    return;
  }
  const { columns, rows } = source.table;
  const idIndex = mapping.idColumn === null ? -1 : columns.indexOf(mapping.idColumn);
  for (const [index, row] of rows.entries()) {
    const fill = (template: string) => fillTemplate(template, columns, row);
    const messages = [
      ...(mapping.system.trim() === '' ? [] : [{ role: 'system', content: fill(mapping.system) }]),
      { role: 'user', content: fill(mapping.prompt) },
    ];
    yield line(row[idIndex] || String(index + 1), { model: mapping.model, messages });
  }
}

/** Columns that the templates name and the table does not have. */
export function unknownColumns(source: BatchSource, mapping: Mapping): string[] {
  if (source.kind !== 'table') return [];
  return columnsOf(`${mapping.system} ${mapping.prompt}`).filter(
    (name) => !source.table.columns.includes(name),
  );
}

/** A mapping to begin with: the column that looks like a prompt, or all columns by name. */
export function firstMapping(source: BatchSource, model: string): Mapping {
  if (source.kind !== 'table') return { model, system: '', prompt: '', idColumn: null };
  const { columns } = source.table;
  const find = (pattern: RegExp) => columns.find((name) => pattern.test(name)) ?? null;
  const promptColumn =
    columns.length === 1 ? columns[0] : find(/^(prompt|question|input|text|message|질문|내용)$/i);
  const idColumn = find(/^(custom_)?id$/i);
  const prompt = promptColumn
    ? `{{${promptColumn}}}`
    : columns
        .filter((name) => name !== idColumn)
        .map((name) => `${name}: {{${name}}}`)
        .join('\n');
  return { model, system: '', prompt, idColumn };
}

function line(customId: string, body: LooseRequest): LooseLine {
  return { custom_id: customId, method: 'POST', url: '/v1/chat/completions', body };
}
