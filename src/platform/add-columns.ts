// Columns that came after a table was first made: objects of an earlier version have the table without them.

/** Adds those columns, as in `last_used_at: 'INTEGER'`, that the table lacks. */
export function addColumns(sql: SqlStorage, table: string, columns: Record<string, string>): void {
  const there = new Set(
    sql
      .exec<{ name: string }>('SELECT name FROM pragma_table_info(?)', table)
      .toArray()
      .map(({ name }) => name),
  );
  for (const [name, definition] of Object.entries(columns)) {
    if (!there.has(name)) sql.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${definition}`);
  }
}
