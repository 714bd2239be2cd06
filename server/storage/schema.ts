/**
 * Types of the tables. Times are epoch milliseconds, booleans 0 or 1; each store converts them at its border. The
 * meaning of columns is described beside them in `migrations/`.
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
