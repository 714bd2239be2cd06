import { z } from 'zod';
import { type Description, type Descriptions, MAX_BYTES } from '../../catalog/lists/descriptions.ts';
import type { DescriptionUseCases } from '../../catalog/use-cases/descriptions.ts';
import { person, repositoryName, repositoryParam, time, timeOrNull } from '../fields.ts';
import { type ApiRoute, route } from '../route.ts';
import { actorOf, type FindDeps, findRepository } from './find.ts';

export interface DescriptionRoutesDeps extends Pick<FindDeps, 'repositories'> {
  readonly descriptions: Pick<Descriptions, 'find'>;
  readonly describing: DescriptionUseCases;
}

const TEXT = {
  description: `Markdown, at most ${MAX_BYTES / 1024} kB.`,
  examples: ['Edge gateway of the public API.'],
};

const descriptionSchema = z
  .strictObject({
    repository: repositoryName,
    text: z.string().meta({ ...TEXT, description: 'Markdown; empty where nobody wrote one.' }),
    version: z.number().int().describe('Grows with each edit; 0 before the first.'),
    editedBy: person.nullable(),
    editedAt: time.nullable(),
  })
  .meta({ id: 'Description' });

const params = z.strictObject({ repository: repositoryParam });

export function descriptionRoutes(deps: DescriptionRoutesDeps): readonly ApiRoute[] {
  const { descriptions, describing } = deps;
  const about = { policy: 'browse', group: 'Repositories', params, response: descriptionSchema } as const;
  return [
    route({
      ...about,
      method: 'GET',
      path: '/repositories/{repository}/-/description',
      id: 'getDescription',
      summary: 'Get the description of a repository',
      handler: async (input, context) => {
        const { name } = await findRepository(deps, context, input.params.repository);
        return descriptionBody(name, await descriptions.find(name));
      },
    }),
    route({
      ...about,
      method: 'PUT',
      path: '/repositories/{repository}/-/description',
      id: 'putDescription',
      summary: 'Edit the description of a repository',
      description:
        'Needs the right `push` there. `version` is that of the text that was edited, 0 where there was none: when somebody else wrote meanwhile, nothing is changed and the answer is 409.',
      body: z.strictObject({ text: z.string().meta(TEXT), version: z.number().int().min(0) }),
      handler: async (input, context) => {
        const { name } = await findRepository(deps, context, input.params.repository);
        return descriptionBody(name, await describing.edit(actorOf(context), { repository: name, ...input.body }));
      },
    }),
  ];
}

function descriptionBody(repository: string, found: Description | undefined): z.input<typeof descriptionSchema> {
  const { text = '', version = 0, editedBy = null, editedAt = null } = found ?? {};
  return { repository, text, version, editedBy, editedAt: timeOrNull(editedAt) };
}
