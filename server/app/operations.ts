/** What is known of the installation, from every part that knows something. */
import { createOperations, type Operations } from '../operations/operations.ts';
import type { AppOptions, Core } from './core.ts';
import type { RegistrySide } from './registry.ts';
import type { TokenSide } from './token.ts';

export interface OperationsSideOptions extends AppOptions {
  readonly core: Core;
  readonly token: TokenSide;
  readonly registry: RegistrySide;
}

export function createOperationsSide(options: OperationsSideOptions): Operations {
  const { config, core, token, registry, opened, keyFolder, inContainer, now, log } = options;
  const operations = createOperations({
    ...{ config, keyFolder, inContainer, now, log },
    ...{ client: token.client, signer: token.signer, hasCertificate: token.keys?.certificate !== undefined },
    ...{ monitor: registry.monitor, managedVersion: () => registry.managed?.status().version },
    ...{ index: registry.index, crawlProgress: () => registry.index.remote.progress() },
    ...{ events: registry.events, hasSecret: registry.notificationSecret !== null },
    ...{ refusedNotifications: registry.notification.refusals, lastPushTokenAt: registry.lastPushTokenAt },
    ...{ db: opened.db, storage: opened.storage },
    ...{ jobs: registry.jobs, bus: core.bus, run: () => registry.jobs.run('status-checks') },
  });
  registry.jobs.add({ name: 'status-checks', schedule: '*/10 * * * *', lane: 'status', run: operations.check });
  return operations;
}
