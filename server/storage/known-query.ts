import { CompiledQuery as Compiled, type CompiledQuery } from 'kysely';
import type { Database } from './database.ts';

/** A query that differs only in its parameters. */
export interface KnownQuery<Row> {
  /** @param parameters In the order in which the query has them. */
  readonly first: (...parameters: readonly unknown[]) => Promise<Row | undefined>;
}

/**
 * A query for every request, put into words once: building it anew costs more than running it.
 * @param query With any values in the places of its parameters.
 */
export function knownQuery<Row>(db: Database, query: { compile: () => CompiledQuery<Row> }): KnownQuery<Row> {
  const { sql } = query.compile();
  return {
    async first(...parameters) {
      const { rows } = await db.executeQuery<Row>(Compiled.raw(sql, [...parameters]));
      return rows[0];
    },
  };
}
