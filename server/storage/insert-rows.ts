import { CompiledQuery, type Insertable } from 'kysely';
import type { Database } from './database.ts';
import { isPostgres } from './engine.ts';
import type { Schema } from './schema.ts';

/** What happens to an existing row: `set` overwrites its columns, `add` adds to them, `stays` keeps it. */
export type Conflict<Column> =
  | 'fails'
  | 'stays'
  | { readonly on: readonly Column[]; readonly set: readonly Column[] }
  | { readonly on: readonly Column[]; readonly add: readonly Column[] };

export interface Insertion<Table extends keyof Schema, Column extends keyof Insertable<Schema[Table]> & string> {
  readonly into: Table;
  readonly columns: readonly Column[];
  readonly conflict: Conflict<Column>;
}

/** More rows do not make a statement faster, and each number of rows is a statement text of its own. */
const MAX_ROWS = 16;

/**
 * Inserts many rows with few prepared statements, whose texts are built once: describing each value to the query
 * builder would cost more than inserting.
 */
export function createInsertion<Table extends keyof Schema, Column extends keyof Insertable<Schema[Table]> & string>(
  insertion: Insertion<Table, Column>,
) {
  const { columns } = insertion;
  const texts = new Map<string, string>();

  function textFor(count: number, isNumbered: boolean): string {
    const key = `${count}${isNumbered}`;
    const text = texts.get(key) ?? statementText(insertion, count, isNumbered);
    texts.set(key, text);
    return text;
  }

  return async (trx: Database, rows: readonly Required<Pick<Insertable<Schema[Table]>, Column>>[]): Promise<void> => {
    const isNumbered = isPostgres(trx);
    for (let start = 0; start < rows.length; start += MAX_ROWS) {
      const part = rows.slice(start, start + MAX_ROWS);
      const values = part.flatMap((row) => columns.map((column) => row[column]));
      await trx.executeQuery(CompiledQuery.raw(textFor(part.length, isNumbered), values));
    }
  };
}

function statementText<Table extends keyof Schema, Column extends keyof Insertable<Schema[Table]> & string>(
  { into, columns, conflict }: Insertion<Table, Column>,
  count: number,
  isNumbered: boolean,
): string {
  const row = (index: number) =>
    `(${columns.map((_, column) => (isNumbered ? `$${index * columns.length + column + 1}` : '?')).join(', ')})`;
  const rows = Array.from({ length: count }, (_, index) => row(index));
  return `insert into "${into}" (${names(columns)}) values ${rows.join(', ')}${conflictText(into, conflict)}`;
}

function conflictText<Column extends string>(into: string, conflict: Conflict<Column>): string {
  if (conflict === 'fails') return '';
  if (conflict === 'stays') return ' on conflict do nothing';
  const set =
    'add' in conflict
      ? conflict.add.map((column) => `"${column}" = "${into}"."${column}" + excluded."${column}"`)
      : conflict.set.map((column) => `"${column}" = excluded."${column}"`);
  return ` on conflict (${names(conflict.on)}) do update set ${set.join(', ')}`;
}

function names(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}
