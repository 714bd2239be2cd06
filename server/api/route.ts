/**
 * The JSON API: one file per resource, each route described once. The description provides the checks of requests, the
 * types of responses and the OpenAPI document. Rules and data belong to the folders below.
 */
import { z } from 'zod';
import type { Visibility } from '../catalog/visibility/visibility.ts';
import type { Caller } from './caller.ts';
import type { Cursors } from './cursors.ts';
import type { Policy } from './policy.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The request, beside its parameters. */
export interface RequestContext {
  readonly caller: Caller;
  /** The repositories that the caller may pull. */
  readonly visibility: () => Promise<Visibility>;
}

/** A response of raw bytes instead of JSON. */
export interface BytesAnswer {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly etag: string;
}

/** A list as CSV. */
export interface CsvAnswer {
  readonly csv: string;
  /** Signed cursor of the rest; null when the table is complete. */
  readonly next: string | null;
  readonly previous: null;
}

/** One page of a list, as stores return it. */
export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly next: string | undefined;
  /** Left out for lists that only page forward. */
  readonly previous?: string | undefined;
  /** Count over all pages; left out when counting would cost more than the page. */
  readonly total?: number;
  /** False: `total` is a lower bound. */
  readonly isExact?: boolean;
  /** The fields of `beside`. */
  readonly beside?: Readonly<Record<string, unknown>>;
}

interface Described {
  readonly method: Method;
  /** Below `/api/v1`; `{repository}` also takes names with slashes. */
  readonly path: `/${string}`;
  /** Unique operation ID; generated clients use it as function name. */
  readonly id: string;
  readonly policy: Policy;
  readonly group: string;
  readonly summary: string;
  readonly description?: string;
}

export interface ApiRoute extends Described {
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  /** Schema of the JSON body; undefined: no body is read. */
  readonly body: z.ZodObject | undefined;
  /** `bytes`: not JSON. */
  readonly response: z.ZodType | 'bytes';
  readonly status: number;
  readonly isList: boolean;
  /** Also available as CSV. */
  readonly hasCsv: boolean;
  /** @throws {z.ZodError} when the input does not match the schemas. */
  readonly run: (input: RawInput, context: RequestContext, cursors: Cursors) => Promise<unknown>;
}

export interface RawInput {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** The parsed body, if the route has one. */
  readonly body?: unknown;
  /** The format that `Accept` prefers. */
  readonly accepts?: 'csv' | 'json';
}

interface Input<Params extends z.ZodObject, Query extends z.ZodObject> {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
}

const NOTHING = z.strictObject({});

type RouteOptions<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Response extends z.ZodType,
  Body extends z.ZodObject,
> = Described & {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly response: Response;
  readonly status?: number;
  readonly handler: (
    input: Input<Params, Query> & { readonly body: z.output<Body> },
    context: RequestContext,
  ) => Promise<z.input<Response>>;
};

/** Defines a route with a JSON response. `handler` gets the parsed and checked parameters. */
export function route<
  Response extends z.ZodType,
  Params extends z.ZodObject = typeof NOTHING,
  Query extends z.ZodObject = typeof NOTHING,
  Body extends z.ZodObject = typeof NOTHING,
>(options: RouteOptions<Params, Query, Response, Body>): ApiRoute {
  const { params, query, body, handler, status = 200, ...described } = options;
  type Whole = Input<Params, Query> & { readonly body: z.output<Body> };
  return {
    ...described,
    ...schemasOf(params, query),
    body,
    status,
    isList: false,
    hasCsv: false,
    run: async (raw, context) => handler(parseInput(params, query, raw, body) as Whole, context),
  };
}

type ListOptions<Params extends z.ZodObject, Query extends z.ZodObject, Item extends z.ZodType> = Omit<
  Described,
  'method'
> & {
  readonly params?: Params;
  readonly query?: Query;
  readonly item: Item;
  /** Further fields of the response beside the list. */
  readonly beside?: z.core.$ZodLooseShape;
  /** Called with the store's cursor, without signature. */
  readonly handler: (
    input: Input<Params, Query> & { readonly page: PageInput },
    context: RequestContext,
  ) => Promise<Listed<z.input<Item>>>;
  /** The same as CSV. `limit` is undefined unless given: a table is complete by default. */
  readonly csv?: (
    input: Input<Params, Query> & { readonly page: CsvPageInput },
    context: RequestContext,
  ) => Promise<{ readonly text: string; readonly next: string | undefined }>;
};

export interface CsvPageInput {
  readonly after: string | undefined;
  readonly limit: number | undefined;
}

export interface PageInput {
  readonly after: string | undefined;
  readonly limit: number;
}

interface WithFormat {
  readonly format?: 'csv' | 'json';
}

export const DEFAULT_LIMIT = 50;
export const MAX_ITEMS = 100;
const MAX_CURSOR_LENGTH = 3000;

const PAGE_QUERY = {
  after: z
    .string()
    .min(1)
    .max(MAX_CURSOR_LENGTH)
    .optional()
    .describe('`next` or `previous` of another page. It belongs to the same filters and the same order.'),
  limit: z.coerce.number().int().min(1).max(MAX_ITEMS).default(DEFAULT_LIMIT).describe('Entries per page.'),
};

const CSV_QUERY = {
  format: z
    .enum(['json', 'csv'])
    .optional()
    .describe('`csv` for a table, as the header `Accept: text/csv`; without `limit` up to 10,000 rows.'),
};

/** Defines a list route with keyset pages. Cursors are signed, so that only our own are accepted. */
export function listRoute<
  Item extends z.ZodType,
  Params extends z.ZodObject = typeof NOTHING,
  Query extends z.ZodObject = typeof NOTHING,
>(options: ListOptions<Params, Query, Item>): ApiRoute {
  const { params, query, item, beside = {}, handler, csv, ...described } = options;
  const inQuery = { ...PAGE_QUERY, ...(csv === undefined ? {} : CSV_QUERY) };
  const paged = (query ?? NOTHING).extend(inQuery) as unknown as Query;
  return {
    ...described,
    method: 'GET',
    ...schemasOf(params, paged),
    body: undefined,
    response: listOf(item).extend(beside),
    status: 200,
    isList: true,
    hasCsv: csv !== undefined,
    async run(raw, context, cursors) {
      const input = parseInput(params, paged, raw) as Input<Params, Query>;
      const { after, limit, format = raw.accepts } = input.query as unknown as PageInput & WithFormat;
      const place = { route: described.id, params: raw.params, query: raw.query };
      const page = { limit, after: after === undefined ? undefined : cursors.open(after, place) };
      const seal = (cursor: string | undefined) => (cursor === undefined ? null : cursors.seal(cursor, place));
      if (csv !== undefined && format === 'csv') {
        const rows = { ...page, limit: raw.query['limit'] === undefined ? undefined : limit };
        const { text, next } = await csv({ ...input, page: rows }, context);
        return { csv: text, next: seal(next), previous: null } satisfies CsvAnswer;
      }
      const found = await handler({ ...input, page }, context);
      const { items, next, previous, total = null, isExact = total !== null } = found;
      const ends = { next: seal(next), previous: seal(previous) };
      return { ...found.beside, items, ...ends, total, totalIsExact: isExact };
    },
  };
}

function listOf(item: z.ZodType) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe('Send it as `after` for the next page; null on the last one.'),
    previous: z
      .string()
      .nullable()
      .describe('The same for the page before; null on the first one, and where a list only goes on.'),
    total: z.number().int().nullable().describe('Over all pages; null where it is not counted.'),
    totalIsExact: z.boolean().describe('False: there are at least so many, or nobody counted.'),
  });
}

type BytesOptions<Params extends z.ZodObject> = Omit<Described, 'method'> & {
  readonly params: Params;
  readonly handler: (params: z.output<Params>, context: RequestContext) => Promise<BytesAnswer>;
};

/** Defines a route that returns raw bytes. */
export function bytesRoute<Params extends z.ZodObject>(options: BytesOptions<Params>): ApiRoute {
  const { params, handler, ...described } = options;
  return {
    ...described,
    method: 'GET',
    ...schemasOf(params, undefined),
    body: undefined,
    response: 'bytes',
    status: 200,
    isList: false,
    hasCsv: false,
    run: async (raw, context) =>
      handler((parseInput(params, undefined, raw) as Input<Params, typeof NOTHING>).params, context),
  };
}

function schemasOf(params: z.ZodObject | undefined, query: z.ZodObject | undefined) {
  return { params: params ?? NOTHING, query: query ?? NOTHING };
}

/** Reports all invalid parameters at once, each with its place. */
function parseInput(
  params: z.ZodObject | undefined,
  query: z.ZodObject | undefined,
  raw: RawInput,
  body?: z.ZodObject,
): unknown {
  const all = z.object({ ...schemasOf(params, query), ...(body === undefined ? {} : { body }) });
  return all.parse(raw);
}
