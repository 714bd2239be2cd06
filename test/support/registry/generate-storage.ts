/** A registry full of made-up content, written as the real registry stores it on a disk, so that the real one serves it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  type GeneratedBlob,
  type GeneratedManifest,
  type GeneratedRepository,
  generateRegistry,
} from './generated-content.ts';
import type { RegistrySize } from './generated-plan.ts';
import {
  blobFolder,
  layerFolder,
  makeRepository,
  repositoryFolder,
  revisionFolder,
  rootOf,
  writeLink,
  writeTag,
} from './storage-layout.ts';

export interface GeneratedStorage {
  readonly repositories: number;
  readonly tags: number;
  readonly manifests: number;
}

/** @param storage `rootdirectory` of the registry's file system driver; empty or missing. */
export function generateStorage(storage: string, size: RegistrySize): GeneratedStorage {
  const root = rootOf(storage);
  mkdirSync(`${root}/blobs/sha256`, { recursive: true });
  mkdirSync(`${root}/repositories`, { recursive: true });
  for (let prefix = 0; prefix < 256; prefix += 1) {
    mkdirSync(`${root}/blobs/sha256/${prefix.toString(16).padStart(2, '0')}`);
  }
  const written = { repositories: 0, tags: 0, manifests: 0 };
  for (const repository of generateRegistry(size)) {
    writeRepository(root, repository);
    written.repositories += 1;
    written.tags += repository.tags.length;
    written.manifests += repository.manifests.length;
  }
  return written;
}

function writeRepository(root: string, { name, manifests, tags }: GeneratedRepository): void {
  const repository = repositoryFolder(root, name);
  makeRepository(repository);
  for (const manifest of manifests) writeManifest(root, repository, manifest);
  for (const tag of tags) writeTag(repository, tag.name, tag.digest);
}

function writeManifest(root: string, repository: string, manifest: GeneratedManifest): void {
  writeBlob(root, manifest);
  writeLink(revisionFolder(repository, manifest.digest), manifest.digest);
  if (manifest.config === undefined) return;
  writeBlob(root, manifest.config);
  writeLink(layerFolder(repository, manifest.config.digest), manifest.config.digest);
}

function writeBlob(root: string, { digest, raw }: GeneratedBlob): void {
  const folder = blobFolder(root, digest);
  mkdirSync(folder);
  writeFileSync(`${folder}/data`, raw);
}
