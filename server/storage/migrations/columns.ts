/** Column shapes that every migration shares. SQLite and PostgreSQL read them alike. */
import type { ColumnDefinitionBuilder } from 'kysely';

type Column = (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;

export const id: Column = (column) => column.primaryKey().autoIncrement();
export const present: Column = (column) => column.notNull();
export const millis: Column = (column) => column.notNull();
export const count: Column = (column) => column.notNull().defaultTo(0);
export const flag =
  (byDefault: 0 | 1): Column =>
  (column) =>
    column.notNull().defaultTo(byDefault);
