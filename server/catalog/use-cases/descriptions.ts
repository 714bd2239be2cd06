import { type Actor, auditActor, mayAct } from '../../access/actor.ts';
import type { Audit } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import type { Description, DescriptionEdit, Descriptions } from '../lists/descriptions.ts';

export interface DescriptionUseCasesDeps {
  readonly descriptions: Pick<Descriptions, 'write'>;
  readonly audit: Pick<Audit, 'record'>;
}

/** Descriptions of repositories, edited by users who may push there. */
export function createDescriptionUseCases({ descriptions, audit }: DescriptionUseCasesDeps) {
  return {
    /**
     * Writes the description and the audit entry.
     * @throws {AppError} DENIED, INVALID, CONFLICT when it was edited since that version.
     */
    async edit(actor: Actor, edit: Omit<DescriptionEdit, 'by'>): Promise<Description> {
      requireEdit(actor, edit.repository);
      const written = await descriptions.write({ ...edit, by: actor.name });
      const entry = { ...auditActor(actor), action: 'description.edit', object: edit.repository } as const;
      const detail = { version: written.version, bytes: Buffer.byteLength(written.text) };
      await audit.record({ ...entry, outcome: 'ok', detail });
      return written;
    },
  };
}
export type DescriptionUseCases = ReturnType<typeof createDescriptionUseCases>;

/** @throws {AppError} DENIED without the right to push. */
export function requireEdit(actor: Actor, repository: string): void {
  if (mayAct(actor, 'push', repository)) return;
  throw new AppError('DENIED', `The right "push" on ${repository} is missing.`, {
    key: 'description.denied',
    params: { repository },
  });
}
