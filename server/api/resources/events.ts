import { z } from 'zod';
import { EVERYTHING } from '../../catalog/visibility/visibility.ts';
import type { EventFilter } from '../../notifications/event-query.ts';
import type { EventStore, RegistryEvent } from '../../notifications/events.ts';
import { readEventsCsv } from '../../notifications/events-csv.ts';
import type { RecordedRefusal, RefusalCursor, Refusals } from '../../token/refusals.ts';
import {
  bytes,
  clip,
  count,
  digest,
  momentOrDay,
  nameFilter,
  person,
  rangeOf,
  repositoryName,
  tagName,
  time,
  timeOf,
} from '../fields.ts';
import { type ApiRoute, listRoute, type RequestContext } from '../route.ts';

export interface EventRoutesDeps {
  readonly events: Pick<EventStore, 'list'>;
  readonly refusals: Pick<Refusals, 'list'>;
}

const eventSchema = z
  .strictObject({
    id: z.number().int(),
    at: time,
    receivedAt: time,
    action: z.string().meta({
      description: '`push`, `pull`, `delete`, `restore`, `mount`, or what a later registry says.',
      examples: ['push'],
    }),
    repository: repositoryName,
    tag: tagName.nullable(),
    digest: digest.nullable(),
    mediaType: z.string().meta({ examples: ['application/vnd.oci.image.index.v1+json'] }),
    sizeBytes: bytes.nullable(),
    fromRepository: z.string().nullable(),
    actor: person.describe('Empty for anonymous.'),
    actorConfirmed: z.boolean().describe('False: anybody may have sent an event that names this user.'),
    address: z.string().meta({ examples: ['10.0.0.7'] }),
    userAgent: z.string().meta({ examples: ['docker/27.3.1'] }),
  })
  .meta({ id: 'Event' });

const refusalSchema = z
  .strictObject({
    id: z.number().int(),
    subject: person.describe('Empty for anonymous.'),
    subjectKind: z.enum(['user', 'group', 'robot', 'anonymous']),
    repository: repositoryName,
    asked: z.array(z.string().meta({ examples: ['push'] })),
    missing: z.array(z.string().meta({ examples: ['push'] })).describe('What the subject does not hold there.'),
    address: z.string().meta({ examples: ['10.0.0.7'] }),
    client: z.string().meta({ examples: ['docker/27.3.1'] }),
    count: count.describe('How often.'),
    firstAt: time,
    lastAt: time,
  })
  .meta({ id: 'Refusal' });

const eventQuery = z.strictObject({
  action: nameFilter('Only this action.'),
  user: nameFilter('Only what this user did.'),
  repository: nameFilter('Part of a name, or a pattern such as `team/*`.'),
  inRepository: nameFilter('Exactly this repository.'),
  from: momentOrDay.optional().describe("From this moment on, or from this day in the server's time zone."),
  to: momentOrDay.optional().describe("Before this moment, or until the end of this day in the server's time zone."),
});

export function eventRoutes({ events, refusals }: EventRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/events',
      id: 'listEvents',
      // Activities of others are only shown to signed-in users, even if anybody may pull.
      policy: 'signed-in',
      group: 'Events',
      summary: 'List events, newest first',
      query: eventQuery,
      item: eventSchema,
      handler: async ({ query, page }, context) => {
        const { rows, next } = await events.list({ ...(await filterOf(query, context)), ...page });
        return { items: rows.map(eventBody), next };
      },
      csv: async ({ query, page: { after, limit } }, context) =>
        readEventsCsv(events, { ...(await filterOf(query, context)), after }, limit),
    }),
    listRoute({
      path: '/events/refused',
      id: 'listRefusals',
      policy: 'signed-in',
      group: 'Events',
      summary: 'List refused token requests, newest first',
      description: 'Who is neither admin nor auditor sees the own ones.',
      query: z.strictObject({
        user: nameFilter('Only of this user; for admins and auditors.'),
        repository: nameFilter('Exactly this repository.'),
      }),
      item: refusalSchema,
      handler: async ({ query, page }, { caller: { rights } }) => {
        const subject = rights.isAdmin || rights.isAuditor ? query.user : rights.subject.name;
        const { rows, next } = await refusals.list({
          ...(subject === undefined ? {} : { subject }),
          ...(query.repository === undefined ? {} : { repository: query.repository }),
          ...positionOf(page.after),
          limit: page.limit,
        });
        return { items: rows.map(refusalBody), next: next && JSON.stringify(next) };
      },
    }),
  ];
}

async function filterOf(query: z.output<typeof eventQuery>, context: RequestContext): Promise<EventFilter> {
  const { action, user, repository, inRepository, from, to } = query;
  const { isAdmin, isAuditor } = context.caller.rights;
  const visible = isAdmin || isAuditor ? EVERYTHING : await context.visibility();
  return { visible, action, user, repository, inRepository, ...rangeOf(from, to) };
}

/** The cursor's signature was checked before. */
function positionOf(after: string | undefined): { readonly after?: RefusalCursor } {
  return after === undefined ? {} : { after: JSON.parse(after) as RefusalCursor };
}

function refusalBody({ asked, missing, firstAt, lastAt, client, ...same }: RecordedRefusal) {
  const lists = { asked: [...asked], missing: [...missing] };
  return { ...same, ...lists, client: clip(client), firstAt: timeOf(firstAt), lastAt: timeOf(lastAt) };
}

function eventBody(event: RegistryEvent): z.input<typeof eventSchema> {
  const { id, action, repository, mediaType, actor, actorConfirmed, address, userAgent } = event;
  return {
    id,
    at: timeOf(event.at),
    receivedAt: timeOf(event.receivedAt),
    action,
    repository,
    tag: event.tag ?? null,
    digest: event.digest ?? null,
    mediaType,
    sizeBytes: event.sizeBytes ?? null,
    fromRepository: event.fromRepository ?? null,
    actor,
    actorConfirmed,
    address,
    userAgent: clip(userAgent),
  };
}
