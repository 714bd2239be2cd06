/** A registry full of made-up content, written as the real registry stores it on a disk, so that the real one serves it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  type GeneratedBlob,
  type GeneratedManifest,
  type GeneratedRepository,
  generateRegistry,
} from './generated-content.ts';
import type { RegistrySize } from './generated-plan.ts';

export interface GeneratedStorage {
  readonly repositories: number;
  readonly tags: number;
  readonly manifests: number;
}

/** @param storage `rootdirectory` of the registry's file system driver; empty or missing. */
export function generateStorage(storage: string, size: RegistrySize): GeneratedStorage {
  const root = `${storage}/docker/registry/v2`;
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
  const path = `${root}/repositories/${name}`;
  mkdirSync(`${path}/_manifests/revisions/sha256`, { recursive: true });
  mkdirSync(`${path}/_manifests/tags`);
  mkdirSync(`${path}/_layers/sha256`, { recursive: true });
  for (const manifest of manifests) writeManifest(root, path, manifest);
  for (const tag of tags) writeTag(`${path}/_manifests/tags/${tag.name}`, tag.digest);
}

function writeManifest(root: string, path: string, manifest: GeneratedManifest): void {
  writeBlob(root, manifest);
  writeLink(`${path}/_manifests/revisions/sha256/${hexOf(manifest.digest)}`, manifest.digest);
  if (manifest.config === undefined) return;
  writeBlob(root, manifest.config);
  writeLink(`${path}/_layers/sha256/${hexOf(manifest.config.digest)}`, manifest.config.digest);
}

function writeTag(path: string, digest: string): void {
  mkdirSync(path);
  writeLink(`${path}/current`, digest);
  mkdirSync(`${path}/index`);
  mkdirSync(`${path}/index/sha256`);
  writeLink(`${path}/index/sha256/${hexOf(digest)}`, digest);
}

function writeBlob(root: string, { digest, raw }: GeneratedBlob): void {
  const hex = hexOf(digest);
  const path = `${root}/blobs/sha256/${hex.slice(0, 2)}/${hex}`;
  mkdirSync(path);
  writeFileSync(`${path}/data`, raw);
}

function writeLink(path: string, digest: string): void {
  mkdirSync(path);
  writeFileSync(`${path}/link`, digest);
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
