/** Where Distribution's file system driver keeps what, and how: one place for everything that writes storages by itself. */
import { mkdirSync, writeFileSync } from 'node:fs';

/** @param rootdirectory of the driver. @returns where `blobs` and `repositories` are. */
export function rootOf(rootdirectory: string): string {
  return `${rootdirectory}/docker/registry/v2`;
}

/** Its file is called `data`. */
export function blobFolder(root: string, digest: string): string {
  const hex = hexOf(digest);
  return `${root}/blobs/sha256/${hex.slice(0, 2)}/${hex}`;
}

export function repositoryFolder(root: string, name: string): string {
  return `${root}/repositories/${name}`;
}

/** @param repository its folder, here and below. */
export function revisionFolder(repository: string, digest: string): string {
  return `${repository}/_manifests/revisions/sha256/${hexOf(digest)}`;
}

export function layerFolder(repository: string, digest: string): string {
  return `${repository}/_layers/sha256/${hexOf(digest)}`;
}

export function makeRepository(repository: string): void {
  for (const folder of ['_layers/sha256', '_manifests/revisions/sha256', '_manifests/tags', '_uploads'])
    mkdirSync(`${repository}/${folder}`, { recursive: true });
}

export function writeTag(repository: string, name: string, digest: string): void {
  const folder = `${repository}/_manifests/tags/${name}`;
  // From above to below: asking for all at once would try each from the end, a million times.
  for (const each of [folder, `${folder}/index`, `${folder}/index/sha256`]) mkdirSync(each, { recursive: true });
  writeLink(`${folder}/current`, digest);
  writeLink(`${folder}/index/sha256/${hexOf(digest)}`, digest);
}

export function writeLink(folder: string, digest: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/link`, digest);
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
