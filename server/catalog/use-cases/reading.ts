/** Reading one repository or everything again, and accepting a loss. */
import { type Actor, auditActor, mayAct, notFoundOrHidden, requireAdmin } from '../../access/actor.ts';
import type { Audit } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import type { LossHold } from '../sync/loss-guard.ts';

export interface ReadingUseCasesDeps {
  readonly refresh: (repository: string) => Promise<void>;
  readonly crawl: () => void;
  readonly acceptLoss: () => Promise<Pick<LossHold, 'sampledCount' | 'missingCount'> | undefined>;
  /** Address of the registry, for the audit entry. */
  readonly registryAddress: string;
  readonly audit: Pick<Audit, 'record'>;
}

export function createReadingUseCases({ refresh, crawl, acceptLoss, registryAddress, audit }: ReadingUseCasesDeps) {
  const running = new Map<string, Promise<void>>();

  /** Requests during a read share it, so repeated requests cost the registry nothing. */
  function refreshOnce(repository: string): Promise<void> {
    const already = running.get(repository);
    if (already !== undefined) return already;
    const begun = refresh(repository).finally(() => running.delete(repository));
    running.set(repository, begun);
    return begun;
  }

  return {
    /**
     * Reads a repository again, also one that the index does not know: its events may never have arrived. Needs the
     * right to push, because it costs the registry requests.
     * @returns a promise of the end of the read.
     * @throws {AppError} synchronously: NOT_FOUND when the actor may not see it, DENIED without the right.
     */
    refresh(actor: Actor, repository: string): { readonly finished: Promise<void> } {
      if (!mayAct(actor, 'pull', repository)) throw notFoundOrHidden();
      if (!mayAct(actor, 'push', repository)) throw refreshDenied(repository);
      return { finished: refreshOnce(repository) };
    },
    /** @throws {AppError} DENIED. */
    readEverything(actor: Actor): void {
      requireAdmin(actor);
      crawl();
    },
    /** @returns false: nothing is held. @throws {AppError} DENIED. */
    async acceptLoss(actor: Actor): Promise<boolean> {
      requireAdmin(actor);
      const held = await acceptLoss();
      if (held === undefined) return false;
      const entry = { ...auditActor(actor), action: 'index.accept_loss', object: registryAddress } as const;
      const detail = { sampled: held.sampledCount, missing: held.missingCount };
      await audit.record({ ...entry, outcome: 'ok', detail });
      return true;
    },
  };
}
export type ReadingUseCases = ReturnType<typeof createReadingUseCases>;

function refreshDenied(repository: string): AppError {
  return new AppError('DENIED', `The right "push" on ${repository} is missing.`, {
    key: 'refresh_denied',
    params: { repository },
  });
}
