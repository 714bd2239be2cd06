/** Checks on a sample of repositories whether a storage folder belongs to our registry and is current. */
import type { RegistryClient } from '../../registry/client/client.ts';
import type { RepositoryLinks } from '../../registry/disk/links.ts';
import { forEachBounded } from '../base/concurrency.ts';
import type { DiskReader } from './disk-reader.ts';

export interface SampleDeps {
  readonly client: Pick<RegistryClient, 'catalogPages' | 'tags' | 'headManifest'>;
  readonly reader: Pick<DiskReader, 'run'>;
  readonly root: string;
}

const REPOSITORIES = 8;
const TAGS_EACH = 2;
/** A push between two reads makes them differ once. */
const TRIES = 3;

/**
 * Compares repositories in the folder and repositories that the registry lists.
 * @returns a repository in which they differ; undefined: none.
 * @throws {AppError} when the registry gives no clear answer.
 */
export async function findDifference(deps: SampleDeps): Promise<string | undefined> {
  const { names } = await deps.reader.run({ kind: 'list', root: deps.root, after: '' });
  const listed = await firstPage(deps);
  const chosen = new Set([...some(names, REPOSITORIES), ...some(listed, REPOSITORIES)]);
  let difference: string | undefined;
  await forEachBounded(chosen, REPOSITORIES, async (name) => {
    if (!(await isSame(deps, name))) difference ??= name;
  });
  return difference;
}

/** @returns the first listed repository with tags, which an empty folder would lack. */
export async function findListed({ client }: Pick<SampleDeps, 'client'>): Promise<string | undefined> {
  for (const name of some(await firstPage({ client }), REPOSITORIES)) {
    if ((await client.tags(name)).length > 0) return name;
  }
  return undefined;
}

/** Some registries refuse their catalog, which says nothing about the folder. */
async function firstPage({ client }: Pick<SampleDeps, 'client'>): Promise<readonly string[]> {
  try {
    for await (const page of client.catalogPages()) return page;
  } catch {
    return [];
  }
  return [];
}

async function isSame({ client, reader, root }: SampleDeps, name: string): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const [links] = await reader.run({ kind: 'links', root, names: [name] });
    // Damaged repositories are read from the registry anyway.
    if (links === undefined || links.problems.length > 0) return true;
    if (await agrees({ client, reader, root }, name, links)) return true;
  }
  return false;
}

async function agrees({ client, reader, root }: SampleDeps, name: string, { tags }: RepositoryLinks): Promise<boolean> {
  const listed = new Set(await client.tags(name));
  if (listed.size !== tags.length || !tags.every((tag) => listed.has(tag.name))) return false;
  for (const tag of some(tags, TAGS_EACH)) {
    const found = await client.headManifest(name, tag.name);
    if (found !== undefined && found.digest !== tag.digest) return false;
    if (found === undefined && (await canRead({ reader, root }, name, tag.digest))) return false;
  }
  return true;
}

/** A manifest that the registry does not have may be missing on disk, too: then they agree. */
async function canRead(
  { reader, root }: Pick<SampleDeps, 'reader' | 'root'>,
  repository: string,
  digest: string,
): Promise<boolean> {
  const { records } = await reader.run({ kind: 'manifests', root, wanted: [{ repository, digest }] });
  return records[0] !== undefined;
}

/** A random selection without repetition. */
function some<T>(items: readonly T[], count: number): readonly T[] {
  const left = [...items];
  const chosen: T[] = [];
  while (chosen.length < count && left.length > 0) {
    const [item] = left.splice(Math.floor(Math.random() * left.length), 1);
    if (item !== undefined) chosen.push(item);
  }
  return chosen;
}
