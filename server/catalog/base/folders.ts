/** `team/sub/app` is in the folder `team/sub`; '' is the root. */
export function folderOf(name: string): string {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? '' : name.slice(0, slash);
}

/** Every folder above a repository or folder, the root first: `team/sub/app` → '', `team`, `team/sub`. */
export function foldersAbove(name: string): readonly string[] {
  const parts = name.split('/').slice(0, -1);
  return ['', ...parts.map((_part, index) => parts.slice(0, index + 1).join('/'))];
}

/** Parent of a folder; null for the root. */
export function parentOf(path: string): string | null {
  return path === '' ? null : folderOf(path);
}

/** Number of `names` below each folder. */
export function countByFolder(names: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    for (const path of foldersAbove(name)) counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return counts;
}
