/** The tasks of the worker of `disk-reader.ts`. Synchronous; results are plain data. */
import { AppError } from '../../errors.ts';
import { readBlob, readLinkedBlob } from '../../registry/disk/content.ts';
import { type RepositoryLinks, readLinks } from '../../registry/disk/links.ts';
import { listRepositories, type NamePage } from '../../registry/disk/repositories.ts';
import { type OpenedStorage, openStorage } from '../../registry/disk/storage.ts';
import { type ImageConfig, parseImageConfig } from '../../registry/documents/image-config.ts';
import { MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES } from '../../registry/documents/limits.ts';
import { type ParsedManifest, parseManifest } from '../../registry/documents/manifest.ts';
import { hasReadableConfig, manifestKindOf } from '../base/kinds.ts';
import { type ManifestRecord, manifestRecord, NO_CONFIG, type ReadConfig } from '../manifests/record.ts';

export interface WantedManifest {
  /** A repository that has it and its configuration. */
  readonly repository: string;
  readonly digest: string;
}

/** For each manifest: undefined when a part is damaged, missing, or better read from the registry. */
export interface ReadManifests {
  readonly records: readonly (ManifestRecord | undefined)[];
}

export interface DiskTasks {
  readonly open: { readonly given: { readonly folder: string }; readonly result: OpenedStorage };
  readonly list: { readonly given: { readonly root: string; readonly after: string }; readonly result: NamePage };
  readonly links: {
    readonly given: { readonly root: string; readonly names: readonly string[] };
    /** undefined for a repository whose folders could not be read. */
    readonly result: readonly (RepositoryLinks | undefined)[];
  };
  /** May return only the first of the wanted manifests, at least one. */
  readonly manifests: {
    readonly given: { readonly root: string; readonly wanted: readonly WantedManifest[] };
    readonly result: ReadManifests;
  };
}

export type DiskTask<Kind extends keyof DiskTasks = keyof DiskTasks> = {
  readonly kind: Kind;
} & DiskTasks[Kind]['given'];

const NAMES_AT_ONCE = 2000;
/** In memory at the same time. */
const MAX_BYTES_AT_ONCE = 16 * 1024 * 1024;

const TASKS: {
  readonly [Kind in keyof DiskTasks]: (given: DiskTasks[Kind]['given']) => DiskTasks[Kind]['result'];
} = {
  open: ({ folder }) => openStorage(folder),
  list: ({ root, after }) => listRepositories(root, after, NAMES_AT_ONCE),
  links: ({ root, names }) => names.map((name) => unlessUnreadable(() => readLinks(root, name))),
  manifests: readManifests,
};

export function runDiskTask<Kind extends keyof DiskTasks>(task: DiskTask<Kind>): DiskTasks[Kind]['result'] {
  return TASKS[task.kind](task);
}

function readManifests({ root, wanted }: DiskTasks['manifests']['given']): ReadManifests {
  const records: (ManifestRecord | undefined)[] = [];
  let bytes = 0;
  for (const each of wanted) {
    if (bytes > MAX_BYTES_AT_ONCE) break;
    const record = unlessUnreadable(() => readManifest(root, each));
    records.push(record);
    bytes += (record?.raw.length ?? 0) + (record?.config?.length ?? 0);
  }
  return { records };
}

function readManifest(root: string, { repository, digest }: WantedManifest): ManifestRecord | undefined {
  const raw = readBlob(root, digest, MAX_MANIFEST_BYTES);
  if (raw === undefined) return undefined;
  const parsed = parseManifest(raw, '');
  // Its signatures are stored separately, so the stored bytes differ from those that the registry serves.
  if (parsed.kind === 'schema1') return undefined;
  const config = readConfig(root, repository, parsed);
  return config && manifestRecord({ digest, raw, mediaType: parsed.mediaType }, parsed, config, null);
}

/** @returns undefined when the repository does not have it. */
function readConfig(root: string, repository: string, parsed: ParsedManifest): ReadConfig | undefined {
  const { config } = parsed;
  if (config === undefined || !hasReadableConfig(manifestKindOf(parsed)) || config.sizeBytes > MAX_CONFIG_BYTES)
    return NO_CONFIG;
  const bytes = readLinkedBlob(root, repository, config.digest, MAX_CONFIG_BYTES);
  return bytes && { bytes, image: parsedConfig(bytes) };
}

/** Bytes that are not a configuration are stored, too: a page shows them unchanged. */
function parsedConfig(bytes: Buffer): ImageConfig | undefined {
  try {
    return parseImageConfig(bytes);
  } catch (error) {
    if (error instanceof AppError && error.code === 'INVALID') return undefined;
    throw error;
  }
}

/** undefined for invalid content and errors of the file system: the registry is asked instead. */
function unlessUnreadable<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof AppError || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}
