import { accessSync, constants, realpathSync } from 'node:fs';
import { errorText } from '../../errors.ts';
import { repositoriesFolder, storageRoot } from './layout.ts';

/** `empty`: nothing was ever pushed. */
export type OpenedStorage =
  | { readonly state: 'open'; readonly root: string }
  | { readonly state: 'empty' }
  | { readonly state: 'unreadable'; readonly reason: string };

/** @param folder the root directory of the driver, or what of it is mounted here. */
export function openStorage(folder: string): OpenedStorage {
  const path = storageRoot(folder);
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    // Their own links, such as of a volume, may lead anywhere: the operator made them.
    const root = realpathSync(path);
    accessSync(repositoriesFolder(root), constants.R_OK | constants.X_OK);
    return { state: 'open', root };
  } catch (error) {
    const { code, path: at } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && at !== folder) return { state: 'empty' };
    return { state: 'unreadable', reason: errorText(error) };
  }
}
