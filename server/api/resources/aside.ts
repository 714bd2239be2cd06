/** Quarantined notifications, for the same people as on their page. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Quarantine, QuarantinedEnvelope } from '../../notifications/quarantine.ts';
import { MAX_ID } from '../../storage/row-id.ts';
import { bytes, clip, count, time, timeOf } from '../fields.ts';
import { type ApiRoute, bytesRoute, listRoute, route } from '../route.ts';
import { actorOf } from './find.ts';

export interface AsideRoutesDeps {
  readonly aside: Quarantine;
}

const asideSchema = z
  .strictObject({
    id: z.number().int(),
    receivedAt: time,
    reason: z.string().meta({ description: 'Why it could not be read.', examples: ['not JSON'] }),
    mediaType: z.string().meta({ examples: ['application/vnd.docker.distribution.events.v1+json'] }),
    sizeBytes: bytes,
    verified: z.boolean().describe('It came with the secret of the notifications.'),
    source: z.string().meta({ description: 'The machine that sent it.', examples: ['10.0.0.7'] }),
    eventCount: count.describe('Events of it that were read.'),
    text: z.string().describe('Its beginning, at most 4096 bytes, without control characters.'),
  })
  .meta({ id: 'SetAsideNotification' });

const asideParams = z.strictObject({
  id: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_ID)
    .meta({ description: 'Of the list.', examples: [7] }),
});
const POLICY = { policy: 'admin', group: 'Events' } as const;

export function asideRoutes({ aside }: AsideRoutesDeps): readonly ApiRoute[] {
  return [
    listRoute({
      ...{ path: '/events/aside', id: 'listAside', ...POLICY },
      summary: 'List notifications that could not be read',
      description: 'Newest first. Admins only.',
      item: asideSchema,
      handler: async ({ page: { after, limit } }) => {
        const { rows, next } = await aside.list({ before: after === undefined ? undefined : Number(after), limit });
        return { items: rows.map(asideBody), next: next === undefined ? undefined : String(next) };
      },
    }),
    route({
      ...{ method: 'GET', path: '/events/aside/{id}', id: 'getAside', ...POLICY },
      summary: 'Get a notification that could not be read',
      params: asideParams,
      response: asideSchema,
      handler: async ({ params: { id } }) => asideBody((await aside.find(id)) ?? gone()),
    }),
    bytesRoute({
      ...{ path: '/events/aside/{id}/body', id: 'getAsideBody', ...POLICY },
      summary: 'Get the body of a notification that could not be read',
      description: 'As it was sent; of a body that is too large, its beginning.',
      params: asideParams,
      // Content of strangers, which browsers must not display.
      handler: async ({ id }) => {
        const found = (await aside.body(id)) ?? gone();
        return { bytes: found, mediaType: 'application/octet-stream', etag: `aside-${id}` };
      },
    }),
    route({
      ...{ method: 'DELETE', path: '/events/aside/{id}', id: 'dismissAside', ...POLICY },
      summary: 'Dismiss a notification that could not be read',
      params: asideParams,
      response: z.strictObject({ dismissed: z.literal(true) }).meta({ id: 'DismissedNotification' }),
      handler: async ({ params: { id } }, context) => {
        await aside.dismiss(actorOf(context), id);
        return { dismissed: true as const };
      },
    }),
  ];
}

function gone(): never {
  throw new AppError('NOT_FOUND', 'This notification is gone.', { key: 'asideGone' });
}

function asideBody({ receivedAt, mediaType, reason, text, ...same }: QuarantinedEnvelope): z.input<typeof asideSchema> {
  return { ...same, receivedAt: timeOf(receivedAt), mediaType: clip(mediaType), reason: clip(reason), text };
}
