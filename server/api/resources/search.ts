import { z } from 'zod';
import type { ImageHit } from '../../catalog/search/hits.ts';
import type { Found } from '../../catalog/search/page.ts';
import type { RepositoryHit } from '../../catalog/search/repositories.ts';
import type { Search } from '../../catalog/search/search.ts';
import type { Note } from '../../catalog/search/terms.ts';
import {
  bytes,
  clip,
  count,
  digest,
  imageBytes,
  kind,
  knownBytes,
  person,
  platform,
  repositoryName,
  searchText,
  tagName,
  time,
  timeOrNull,
} from '../fields.ts';
import { type Masking, maskingOf, secretsParam } from '../masking.ts';
import { type ApiRoute, listRoute, type PageInput, type RequestContext, route } from '../route.ts';

export interface SearchRoutesDeps {
  readonly search: Pick<Search, 'search' | 'suggest'>;
}

const q = searchText.meta({
  description:
    'Words look everywhere; `*` and `?` stand for anything; `repo:`, `tag:`, `digest:`, `label:`, `arch:`, `type:`, `pushed-by:`, `older:90d`, `size:>1GB` in one place; `-` in front turns a term round.',
  examples: ['tag:v1.* label:team=core'],
});

const noteSchema = z
  .strictObject({
    problem: z.string().meta({ examples: ['unknown'] }),
    params: z.record(z.string(), z.union([z.string(), z.number()])),
  })
  .meta({ id: 'SearchNote', description: 'Something in the query that was left out, or read otherwise.' });

const repositorySchema = z
  .strictObject({
    name: repositoryName,
    tagCount: count,
    newestTag: tagName.nullable(),
    lastPushedAt: time.nullable(),
    sizeBytes: bytes,
  })
  .meta({ id: 'FoundRepository' });

const imageSchema = z
  .strictObject({
    repository: repositoryName,
    digest,
    tag: tagName.nullable().describe('The one that was looked for, else the highest; null for untagged manifests.'),
    tagCount: count,
    state: z.enum(['tagged', 'referrer', 'child', 'untagged']),
    kind,
    sizeBytes: imageBytes,
    platforms: z.array(platform),
    createdAt: time.nullable(),
    pushedAt: time.nullable(),
    pushedBy: person.nullable(),
    pushConfirmed: z.boolean(),
    lastPulledAt: time.nullable(),
    pullCount: count,
    label: z.strictObject({ key: z.string(), value: z.string() }).nullable().describe('The label that was found.'),
  })
  .meta({ id: 'FoundImage' });

const firstPage = (item: z.ZodType) =>
  z.strictObject({
    items: z.array(item),
    total: z.number().int().nullable(),
    totalIsExact: z.boolean(),
    more: z.boolean(),
  });

const resultSchema = z
  .strictObject({
    jump: z.string().nullable().describe('The query is the name of this repository or image.'),
    notes: z.array(noteSchema),
    repositories: firstPage(repositorySchema),
    images: firstPage(imageSchema),
  })
  .meta({ id: 'SearchResult' });

const beside = {
  notes: z.array(noteSchema),
  searchedTo: time
    .nullable()
    .describe('The page ended before it was full: looked through back to this push; `next` goes on from there.'),
};

const suggestionSchema = z
  .strictObject({
    kind: z.enum(['repository', 'tag', 'operator', 'value']),
    label: z.string().meta({ examples: ['team/app'] }),
    text: z.string().meta({ description: 'The whole query once this is chosen.', examples: ['team/app'] }),
    reference: z
      .string()
      .nullable()
      .meta({ description: 'A repository or tag itself.', examples: ['team/app:v1'] }),
    sizeBytes: bytes.nullable().describe('Of a repository or tag.'),
    changedAt: time.nullable().describe('Pushed, else built.'),
    isNear: z.boolean().describe('Nothing has the text; this is a name that is nearly it.'),
  })
  .meta({ id: 'Suggestion' });

/** Of both lists. */
const SAME = { policy: 'browse', group: 'Search', beside } as const;

const FIRST_ROWS = 20;
const MAX_SUGGESTIONS = 20;

export function searchRoutes({ search }: SearchRoutesDeps): readonly ApiRoute[] {
  const find = async (kind: 'repositories' | 'images', { query, page }: Asked, context: RequestContext) =>
    search.search(await context.visibility(), query.q, { ...page, kind });
  return [
    route({
      method: 'GET',
      path: '/search',
      id: 'search',
      policy: 'browse',
      group: 'Search',
      summary: 'Search repositories and images',
      query: z.strictObject({ q, secrets: secretsParam }),
      response: resultSchema,
      handler: async (input, context) => {
        const found = await search.search(await context.visibility(), input.query.q, { limit: FIRST_ROWS });
        return {
          jump: found.jump,
          notes: found.query.notes.map(noteBody),
          repositories: firstBody(found.repositories, repositoryBody),
          images: firstBody(found.images, imageBody(maskingOf(input.query.secrets))),
        };
      },
    }),
    listRoute({
      path: '/search/repositories',
      id: 'searchRepositories',
      summary: 'Search repositories',
      item: repositorySchema,
      query: z.strictObject({ q }),
      ...SAME,
      handler: async (asked, context) => {
        const { repositories, query } = await find('repositories', asked, context);
        return listed(repositories, repositoryBody, query.notes);
      },
    }),
    listRoute({
      path: '/search/images',
      id: 'searchImages',
      summary: 'Search images: best matches first, then last pushed',
      item: imageSchema,
      query: z.strictObject({ q, secrets: secretsParam }),
      ...SAME,
      handler: async (asked, context) => {
        const { images, query } = await find('images', asked, context);
        return listed(images, imageBody(maskingOf(asked.query.secrets)), query.notes);
      },
    }),
    route({
      method: 'GET',
      path: '/search/suggestions',
      id: 'suggestSearches',
      policy: 'browse',
      group: 'Search',
      summary: 'Suggest searches while typing',
      query: z.strictObject({
        q,
        limit: z.coerce.number().int().min(1).max(MAX_SUGGESTIONS).default(8).describe('How many.'),
      }),
      response: z.strictObject({ items: z.array(suggestionSchema) }).meta({ id: 'Suggestions' }),
      handler: async ({ query: { q, limit } }, context) => {
        const found = await search.suggest(await context.visibility(), q, limit);
        return {
          items: found.map(({ facts, isNear = false, ...one }) => ({
            ...one,
            isNear,
            sizeBytes: facts?.sizeBytes ?? null,
            changedAt: timeOrNull(facts?.agedAt ?? null),
          })),
        };
      },
    }),
  ];
}

interface Asked {
  readonly query: { readonly q: string };
  readonly page: PageInput;
}

function listed<Hit, Body>(
  { rows, next, total, searchedTo }: Found<Hit>,
  toBody: (hit: Hit) => Body,
  notes: readonly Note[],
) {
  return {
    items: rows.map(toBody),
    next,
    ...total,
    beside: { notes: notes.map(noteBody), searchedTo: timeOrNull(searchedTo) },
  };
}

function firstBody<Hit, Body>({ rows, next, total }: Found<Hit>, toBody: (hit: Hit) => Body) {
  const counted = { total: total?.total ?? null, totalIsExact: total?.isExact ?? false };
  return { items: rows.map(toBody), ...counted, more: next !== undefined };
}

function noteBody({ problem, params }: Note): z.input<typeof noteSchema> {
  return { problem, params: { ...params } };
}

function repositoryBody({ name, tagCount, newestTag, lastPushedAt, sizeBytes }: RepositoryHit) {
  return { name, tagCount, newestTag, lastPushedAt: timeOrNull(lastPushedAt), sizeBytes };
}

const imageBody =
  (masking: Masking) =>
  ({ tag, platforms, createdAt, pushedAt, lastPulledAt, label, ...same }: ImageHit) => ({
    ...same,
    sizeBytes: knownBytes(same.sizeBytes),
    tag: tag === '' ? null : tag,
    platforms: [...platforms],
    createdAt: timeOrNull(createdAt),
    pushedAt: timeOrNull(pushedAt),
    lastPulledAt: timeOrNull(lastPulledAt),
    label: label === null ? null : { key: clip(label.key), value: clip(masking.value(label.key, label.value)) },
  });
