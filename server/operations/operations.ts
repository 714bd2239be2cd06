/** What status page, home, API and other views of the operator say about the installation, gathered once. */
import type { RegistryFacts } from './facts.ts';
import { createStatusFacts, type InstallationDeps } from './installation.ts';
import { createKnownFacts, type KnownFactsDeps } from './known-facts.ts';
import { createStatusWatch, type StatusWatchDeps } from './watch.ts';

export interface OperationsDeps
  extends KnownFactsDeps,
    Omit<InstallationDeps, 'known' | 'client' | 'monitor'>,
    Omit<StatusWatchDeps, 'load'> {
  readonly client: KnownFactsDeps['client'] & InstallationDeps['client'];
  readonly monitor: KnownFactsDeps['monitor'] & InstallationDeps['monitor'];
}

export interface JudgedRegistry extends RegistryFacts {
  /** It lets everybody in, although we issue tokens for it. */
  readonly isOpen: boolean;
}

export type Operations = ReturnType<typeof createOperations>;

export function createOperations(deps: OperationsDeps) {
  const known = createKnownFacts(deps);
  const watch = createStatusWatch({ ...deps, load: createStatusFacts({ ...deps, known }) });
  return {
    ...known,
    registry: (): JudgedRegistry => ({ ...known.registry(), isOpen: watch.isOpen() }),
    /** Asks the registry, too; what is found is logged and counted. */
    status: watch.load,
    /** Runs the checks of /status without anybody looking. */
    check: watch.refresh,
    /** Of the last time that anybody asked. */
    failedCheckCount: watch.failedCount,
  };
}
