import { z } from 'zod';
import { person } from '../fields.ts';
import { type ApiRoute, route } from '../route.ts';

const accountSchema = z
  .strictObject({
    name: person.describe('Empty for anonymous.'),
    isSignedIn: z.boolean(),
    isAdmin: z.boolean(),
    isAuditor: z.boolean(),
    via: z.enum(['session', 'basic', 'none']).describe('How the caller proved who it is.'),
    csrfToken: z.string().nullable().describe('For a session: what `X-CSRF-Token` has to say when something changes.'),
  })
  .meta({ id: 'Account' });

/** The caller's own account and rights: the first request to try with new credentials. */
export function accountRoutes(): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/account',
      id: 'getAccount',
      policy: 'browse',
      group: 'About',
      summary: 'Get the current account',
      response: accountSchema,
      handler: async (_input, { caller }) => {
        const { subject, isAdmin, isAuditor } = caller.rights;
        const { isSignedIn, via, csrfToken } = caller;
        return { name: subject.name, isSignedIn, isAdmin, isAuditor, via, csrfToken };
      },
    }),
  ];
}
