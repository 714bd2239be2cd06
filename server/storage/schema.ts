/**
 * The tables as the queries see them. Times are integer milliseconds since the epoch, truth is 0 or 1; the store of a
 * table turns both into domain values at its border. What the columns mean stands beside them in `migrations/`.
 */
import type { AccountsSchema } from './schema/accounts.ts';
import type { CatalogSchema } from './schema/catalog.ts';
import type { EventsSchema } from './schema/events.ts';
import type { ViewsSchema } from './schema/views.ts';

export type * from './schema/accounts.ts';
export type * from './schema/catalog.ts';
export type * from './schema/events.ts';
export type * from './schema/views.ts';

export interface Schema extends AccountsSchema, CatalogSchema, EventsSchema, ViewsSchema {}
