/** A registry's storage, written as Distribution keeps it on a disk: thousands of uploads would take minutes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
  const root = `${rootdirectory}/docker/registry/v2`;
  const parts = new Map<string, ReadonlyMap<string, number>>();
  const raws = new Map<string, Buffer>();
  const pathOf = (repository: string) => `${root}/repositories/${repository}`;

  /** @returns where to write it; undefined when it is there. */
  function placeOf(digest: string): string | undefined {
    const hex = hexOf(digest);
    const folder = `${root}/blobs/sha256/${hex.slice(0, 2)}/${hex}`;
    if (existsSync(`${folder}/data`)) return undefined;
    mkdirSync(folder, { recursive: true });
    return `${folder}/data`;
  }

  function revisionOf(repository: string, digest: string): string {
    return `${pathOf(repository)}/_manifests/revisions/sha256/${hexOf(digest)}`;
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
      mkdirSync(`${pathOf(name)}/_layers/sha256`, { recursive: true });
      mkdirSync(`${pathOf(name)}/_manifests/revisions/sha256`, { recursive: true });
      mkdirSync(`${pathOf(name)}/_manifests/tags`, { recursive: true });
      mkdirSync(`${pathOf(name)}/_uploads`, { recursive: true });
    },
    putBlob(repository: string, mediaType: string, blob: Blob): Descriptor {
      putBytes(blob);
      writeLink(`${pathOf(repository)}/_layers/sha256/${hexOf(blob.digest)}`, blob.digest);
      return { mediaType, digest: blob.digest, size: blob.raw.length };
    },
    putLayer(repository: string, mediaType: string, { digest, sizeBytes, write }: Layer): Descriptor {
      const file = placeOf(digest);
      if (file !== undefined) write(file);
      writeLink(`${pathOf(repository)}/_layers/sha256/${hexOf(digest)}`, digest);
      return { mediaType, digest, size: sizeBytes };
    },
    putManifest(repository: string, mediaType: string, content: ManifestParts): Descriptor {
      const blob = blobOf(content);
      putBytes(blob);
      writeLink(revisionOf(repository, blob.digest), blob.digest);
      parts.set(blob.digest, partsIn(content));
      raws.set(blob.digest, blob.raw);
      return { mediaType, digest: blob.digest, size: blob.raw.length };
    },
    /** As a deletion leaves it: its parts stay. @returns what it was. */
    removeManifest(repository: string, digest: string): Buffer {
      rmSync(revisionOf(repository, digest), { recursive: true });
      return raws.get(digest) ?? Buffer.alloc(0);
    },
    partsOf: (digest: string): ReadonlyMap<string, number> => parts.get(digest) ?? new Map(),
    tag(repository: string, name: string, digest: string): void {
      const path = `${pathOf(repository)}/_manifests/tags/${name}`;
      writeLink(`${path}/index/sha256/${hexOf(digest)}`, digest);
      writeLink(`${path}/current`, digest);
    },
  };
}
export type Storage = ReturnType<typeof createStorage>;

function writeLink(folder: string, digest: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/link`, digest);
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
