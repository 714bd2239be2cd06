/** A registry's storage, written as Distribution keeps it on a disk: thousands of uploads would take minutes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import {
  blobFolder,
  layerFolder,
  makeRepository,
  repositoryFolder,
  revisionFolder,
  rootOf,
  writeLink,
  writeTag,
} from '../../test/support/registry/storage-layout.ts';
import type { Layer } from './layers.ts';

export interface Blob {
  readonly digest: string;
  readonly raw: Buffer;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
}

/** Of a manifest or an index, whatever else it says. */
interface ManifestParts {
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly [more: string]: unknown;
}

export function blobOf(content: string | Buffer | object): Blob {
  const raw = Buffer.isBuffer(content)
    ? content
    : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  return { raw, digest: `sha256:${createHash('sha256').update(raw).digest('hex')}` };
}

/** @param rootdirectory of the registry's file system driver. */
export function createStorage(rootdirectory: string) {
  const root = rootOf(rootdirectory);
  const parts = new Map<string, ReadonlyMap<string, number>>();
  const raws = new Map<string, Buffer>();
  const folderOf = (repository: string) => repositoryFolder(root, repository);

  /** @returns where to write it; undefined when it is there. */
  function placeOf(digest: string): string | undefined {
    const folder = blobFolder(root, digest);
    if (existsSync(`${folder}/data`)) return undefined;
    mkdirSync(folder, { recursive: true });
    return `${folder}/data`;
  }

  /** Sizes of the configuration and the layers, of all its images together. */
  function partsIn(content: ManifestParts): ReadonlyMap<string, number> {
    const { config, layers = [], manifests = [] } = content;
    const own = [...(config === undefined ? [] : [config]), ...layers];
    const children = manifests.flatMap(({ digest }) => [...(parts.get(digest) ?? [])]);
    return new Map([...own.map(({ digest, size }) => [digest, size] as const), ...children]);
  }

  function putBytes({ digest, raw }: Blob): void {
    const file = placeOf(digest);
    if (file !== undefined) writeFileSync(file, raw);
  }

  return {
    addRepository(name: string): void {
      makeRepository(folderOf(name));
    },
    putBlob(repository: string, mediaType: string, blob: Blob): Descriptor {
      putBytes(blob);
      writeLink(layerFolder(folderOf(repository), blob.digest), blob.digest);
      return { mediaType, digest: blob.digest, size: blob.raw.length };
    },
    putLayer(repository: string, mediaType: string, { digest, sizeBytes, write }: Layer): Descriptor {
      const file = placeOf(digest);
      if (file !== undefined) write(file);
      writeLink(layerFolder(folderOf(repository), digest), digest);
      return { mediaType, digest, size: sizeBytes };
    },
    putManifest(repository: string, mediaType: string, content: ManifestParts): Descriptor {
      const blob = blobOf(content);
      putBytes(blob);
      writeLink(revisionFolder(folderOf(repository), blob.digest), blob.digest);
      parts.set(blob.digest, partsIn(content));
      raws.set(blob.digest, blob.raw);
      return { mediaType, digest: blob.digest, size: blob.raw.length };
    },
    /** As a deletion leaves it: its parts stay. @returns what it was. */
    removeManifest(repository: string, digest: string): Buffer {
      rmSync(revisionFolder(folderOf(repository), digest), { recursive: true });
      return raws.get(digest) ?? Buffer.alloc(0);
    },
    partsOf: (digest: string): ReadonlyMap<string, number> => parts.get(digest) ?? new Map(),
    tag(repository: string, name: string, digest: string): void {
      writeTag(folderOf(repository), name, digest);
    },
  };
}
export type Storage = ReturnType<typeof createStorage>;
