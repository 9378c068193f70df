// The account's own row: its name, limits and status.
import {
  type AccountResponse,
  type AccountStatus,
  type AccountUpdate,
  type Limits,
  NO_LIMITS,
} from '../contract/accounts';

export interface NewAccount {
  id: string;
  name: string;
  limits?: Limits | undefined;
  /** Milliseconds. */
  createdAt: number;
}

/** The account but for what it uses, which is others' to count. */
export type AccountState = Omit<AccountResponse, 'used'>;

export const ACCOUNT_RECORD_SCHEMA = `
  CREATE TABLE IF NOT EXISTS account (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    limits TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL
  );
`;

export class AccountRecord {
  readonly #sql: SqlStorage;
  /** The row as it is stored: every admission asks for it, and nothing else writes it. */
  #read: AccountState | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Writes the row, unless there is one. */
  create({ id, name, limits, createdAt }: NewAccount): void {
    this.#read = null;
    this.#sql.exec(
      "INSERT INTO account VALUES (1, ?, ?, ?, 'active', ?) ON CONFLICT DO NOTHING",
      id,
      name,
      JSON.stringify(limits ?? {}),
      createdAt,
    );
  }

  read(): AccountState | null {
    this.#read ??= this.#load();
    return this.#read;
  }

  /** What the update leaves out stays as it is, each limit by itself. */
  update(update: AccountUpdate): void {
    const account = this.read();
    if (account === null) return;
    this.#read = null;
    const { name, limits, status } = updatedAccount(account, update);
    this.#sql.exec(
      'UPDATE account SET name = ?, limits = ?, status = ?',
      name,
      JSON.stringify(limits),
      status,
    );
  }

  #load(): AccountState | null {
    const [row] = this.#sql.exec<AccountRow>('SELECT * FROM account');
    if (row === undefined) return null;
    return {
      id: row.id,
      name: row.name,
      limits: { ...NO_LIMITS, ...JSON.parse(row.limits) },
      status: row.status as AccountStatus,
      created_at: new Date(row.created_at).toISOString(),
    };
  }
}

/** The account as the update leaves it. */
export function updatedAccount<A extends AccountState>(account: A, update: AccountUpdate): A {
  return {
    ...account,
    name: update.name ?? account.name,
    limits: { ...account.limits, ...update.limits },
    status: update.status ?? account.status,
  };
}

type AccountRow = {
  id: string;
  name: string;
  limits: string;
  status: string;
  created_at: number;
};
