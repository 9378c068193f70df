// A usage report as a table: a line for each group, without the total, which a spreadsheet adds up itself.
import type { UsageResponse, UsageRow } from '../contract/accounts';
import { csvText } from '../platform/csv';

const COLUMNS: Record<string, (row: UsageRow) => string | number | null> = {
  requests: (row) => row.requests,
  prompt_tokens: ({ usage }) => usage.prompt_tokens,
  completion_tokens: ({ usage }) => usage.completion_tokens,
  total_tokens: ({ usage }) => usage.total_tokens,
  cached_tokens: ({ usage }) => usage.prompt_tokens_details.cached_tokens,
  image_tokens: ({ usage }) => usage.prompt_tokens_details.image_tokens,
  audio_tokens: ({ usage }) => usage.prompt_tokens_details.audio_tokens,
  reasoning_tokens: ({ usage }) => usage.completion_tokens_details.reasoning_tokens,
  prompt_cost_usd: ({ cost }) => decimal(cost?.prompt_cost),
  completion_cost_usd: ({ cost }) => decimal(cost?.completion_cost),
  total_cost_usd: ({ cost }) => decimal(cost?.total_cost),
  batch_requests: ({ batch }) => batch.requests,
  batch_cost_usd: ({ batch }) => decimal(batch.cost?.total_cost),
  batch_discount_usd: ({ batch }) => decimal(batch.discount),
};

export function usageCsv({ group_by: group, data }: UsageResponse): string {
  const rows = data.map((row) => [
    row[group] ?? null,
    ...Object.values(COLUMNS).map((columnOf) => columnOf(row)),
  ]);
  return csvText([[group, ...Object.keys(COLUMNS)], ...rows]);
}

/** To the nano-dollar; spreadsheets do not all read exponents. */
function decimal(usd: number | null | undefined): string | null {
  return usd === null || usd === undefined ? null : usd.toFixed(9);
}
