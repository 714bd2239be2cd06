/**
 * Paths of the file system driver, below `docker/registry/v2` of its root directory.
 * @see https://github.com/distribution/distribution/blob/main/registry/storage/paths.go
 */
const INSIDE_ROOT = 'docker/registry/v2';

/** @param rootdirectory As configured for the driver. */
export function storageRoot(rootdirectory: string): string {
  return `${rootdirectory.replace(/\/+$/, '')}/${INSIDE_ROOT}`;
}

export function repositoriesFolder(root: string): string {
  return `${root}/repositories`;
}

export function repositoryFolder(root: string, name: string): string {
  return `${repositoriesFolder(root)}/${name}`;
}

/** A folder that contains one of this name is a repository. */
export const MANIFESTS_FOLDER = '_manifests';

export function tagsFolder(root: string, name: string): string {
  return `${repositoryFolder(root, name)}/${MANIFESTS_FOLDER}/tags`;
}

export function tagLink(root: string, name: string, tag: string): string {
  return `${tagsFolder(root, name)}/${tag}/current/link`;
}

export function revisionsFolder(root: string, name: string, algorithm: string): string {
  return `${repositoryFolder(root, name)}/${MANIFESTS_FOLDER}/revisions/${algorithm}`;
}

export function revisionLink(root: string, name: string, digest: string): string {
  const { algorithm, hex } = partsOf(digest);
  return `${revisionsFolder(root, name, algorithm)}/${hex}/link`;
}

/** Exists while the repository has this blob. */
export function layerLink(root: string, name: string, digest: string): string {
  const { algorithm, hex } = partsOf(digest);
  return `${repositoryFolder(root, name)}/_layers/${algorithm}/${hex}/link`;
}

export function blobFile(root: string, digest: string): string {
  const { algorithm, hex } = partsOf(digest);
  return `${root}/blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`;
}

export const ALGORITHMS: readonly string[] = ['sha256', 'sha512'];

function partsOf(digest: string): { algorithm: string; hex: string } {
  const [algorithm = '', hex = ''] = digest.split(':');
  return { algorithm, hex };
}
