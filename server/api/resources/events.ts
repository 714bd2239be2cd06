import { z } from 'zod';
import { EVERYTHING } from '../../catalog/visibility.ts';
import type { EventStore, RegistryEvent } from '../../notifications/events.ts';
import { bytes, clip, digest, nameFilter, person, repositoryName, tagName, time, timeOf } from '../fields.ts';
import { type ApiRoute, listRoute } from '../route.ts';

export interface EventRoutesDeps {
  readonly events: Pick<EventStore, 'list'>;
}

const eventSchema = z
  .strictObject({
    id: z.number().int(),
    at: time,
    receivedAt: time,
    action: z
      .string()
      .meta({ description: '`push`, `pull`, `delete`, `mount`, or what a later registry says.', examples: ['push'] }),
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

export function eventRoutes({ events }: EventRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      path: '/events',
      id: 'listEvents',
      // What others do is nobody's business before signing in, even where anybody may pull.
      policy: 'signed-in',
      group: 'Events',
      summary: 'Pushes, pulls and deletions, newest first',
      query: z.strictObject({
        action: nameFilter('Only this action.'),
        user: nameFilter('Only what this user did.'),
        repository: nameFilter('Part of a name, or a pattern such as `team/*`.'),
        inRepository: nameFilter('Exactly this repository.'),
      }),
      item: eventSchema,
      handler: async ({ query: { action, user, repository, inRepository }, page }, context) => {
        const { isAdmin, isAuditor } = context.caller.rights;
        const visible = isAdmin || isAuditor ? EVERYTHING : await context.visibility();
        const { rows, next } = await events.list({ visible, action, user, repository, inRepository, ...page });
        return { items: rows.map(eventBody), next };
      },
    }),
  ];
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
