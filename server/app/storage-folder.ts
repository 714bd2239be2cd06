import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { openStorage } from '../registry/disk/storage.ts';
import { readTemplate } from '../registry/managed/managed.ts';
import { managedStorageFolder } from '../registry/managed/managed-config.ts';

interface StorageFolderOptions {
  readonly config: Pick<Config, 'registry' | 'data'>;
  readonly configFolder: string;
  readonly log: Logger;
}

/** Passed on as `REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY`, which overrides the registry's configuration. */
const OVERRIDE = 'MANAGED_REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY';

/**
 * The registry's storage folder on this machine; null when it is unknown and everything has to be read over the API.
 */
export function storageFolder({ config, configFolder, log }: StorageFolderOptions): string | null {
  const { storage, url } = config.registry;
  if (storage.path !== null) {
    warnUnlessReadable(storage.path, log);
    return storage.path;
  }
  if (url !== null) return null;
  const file = join(configFolder, 'registry.yml');
  return process.env[OVERRIDE] ?? managedStorageFolder(readTemplate(file), file, config.data.path);
}

function warnUnlessReadable(folder: string, log: Logger): void {
  const storage = openStorage(folder);
  if (storage.state !== 'unreadable') return;
  const uid = process.getuid?.();
  log.warn(
    { folder, uid, reason: storage.reason },
    'registry.storage.path cannot be read, so the registry is asked for everything: mount the folder, or let this user read it',
  );
}
