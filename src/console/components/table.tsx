// A list as a table: its columns say how each of them is headed and filled.
import type { ComponentChildren } from 'preact';
import { Fragment } from 'preact';

export interface Column<T> {
  name: string;
  /** The name is said and not shown: of buttons, which speak for themselves. */
  unnamed?: boolean;
  /** Of all its cells: `number` stands at the end, `wide-only` is left out on phones. */
  class?: string;
  cell: (row: T) => ComponentChildren;
}

interface TableProps<T> {
  columns: readonly Column<T>[];
  /** null while there are none yet. */
  rows: readonly T[] | null;
  keyOf: (row: T) => string;
  /** What stands open below a row; null below all others. */
  detail?: (row: T) => ComponentChildren;
}

export function Table<T>({ columns, rows, keyOf, detail }: TableProps<T>) {
  return (
    <div class="table-frame" aria-busy={rows === null}>
      <table class="rows">
        <thead>
          <tr>
            {columns.map(({ name, unnamed, class: classes }) => (
              <th key={name} scope="col" class={classes}>
                {unnamed ? <span class="visually-hidden">{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows?.map((row) => {
            const below = detail?.(row) ?? null;
            return (
              <Fragment key={keyOf(row)}>
                <tr class={below === null ? '' : 'open'}>
                  {columns.map(({ name, class: classes, cell }) => (
                    <td key={name} class={classes}>
                      {cell(row)}
                    </td>
                  ))}
                </tr>
                {below !== null && (
                  <tr class="detail">
                    <td colSpan={columns.length}>{below}</td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
