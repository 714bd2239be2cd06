import { accessSync, constants, realpathSync } from 'node:fs';
import { errorText } from '../../errors.ts';
import { repositoriesFolder, storageRoot } from './layout.ts';

/** `empty`: nothing was pushed yet. */
export type OpenedStorage =
  | { readonly state: 'open'; readonly root: string }
  | { readonly state: 'empty' }
  | { readonly state: 'unreadable'; readonly reason: string };

/**
 * Checks that the storage can be read and resolves its real path.
 * @param folder The driver's root directory, or where it is mounted here.
 */
export function openStorage(folder: string): OpenedStorage {
  const path = storageRoot(folder);
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    // Links above the repositories are followed: the operator made them, for example for a volume.
    const root = realpathSync(path);
    accessSync(repositoriesFolder(root), constants.R_OK | constants.X_OK);
    return { state: 'open', root };
  } catch (error) {
    const { code, path: at } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && at !== folder) return { state: 'empty' };
    return { state: 'unreadable', reason: errorText(error) };
  }
}
