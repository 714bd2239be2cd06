import { readChartMetadata } from '../../artifacts/chart.ts';
import { tryParseJson } from '../../artifacts/json.ts';
import { type ContentReader, createContentReader } from '../../artifacts/reader.ts';
import type { Database } from '../../storage/database.ts';
import { readImageConfig } from '../manifests/record.ts';
import { type ManifestRow, manifestRow } from './image-rows.ts';

/**
 * Metadata from the labels and annotations of a repository's newest image, written by strangers; '' for missing ones.
 */
export interface RepositorySummary {
  readonly title: string;
  readonly description: string;
  readonly url: string;
  readonly source: string;
  readonly documentation: string;
  readonly licenses: string;
  readonly vendor: string;
  readonly authors: string;
  readonly version: string;
}

type Texts = Readonly<Record<string, string>>;

const MAX_TEXT_LENGTH = 2000;
const OCI = 'org.opencontainers.image.';
/** Older label names, which some images still use. */
const OLDER: Texts = {
  title: 'org.label-schema.name',
  description: 'org.label-schema.description',
  url: 'org.label-schema.url',
  source: 'org.label-schema.vcs-url',
  documentation: 'org.label-schema.usage',
  vendor: 'org.label-schema.vendor',
};

interface Asked {
  readonly id: number;
  readonly newestDigest: string | null;
}

/** From the index only. @returns undefined without tags, or when the newest image was not read yet. */
export async function readRepositorySummary(
  db: Database,
  { id, newestDigest }: Asked,
  reader: Pick<ContentReader, 'config'> = createContentReader(),
): Promise<RepositorySummary | undefined> {
  const row = newestDigest === null ? undefined : await manifestRow(db, id, newestDigest);
  if (row === undefined) return undefined;
  if (row.kind === 'helm') return chartSummary(row);
  const child = row.kind === 'index' ? await firstImage(db, id, row.digest) : undefined;
  // Annotations of the index override those of the image, which override labels: what is nearest to the tag was written
  // last.
  const said = { ...(await labelsOf(child ?? row, reader)), ...annotationsOf(child), ...annotationsOf(row) };
  return summaryOf((name) => said[`${OCI}${name}`] ?? said[OLDER[name] ?? ''] ?? '');
}

function summaryOf(field: (name: string) => string): RepositorySummary {
  const text = (name: string) => field(name).slice(0, MAX_TEXT_LENGTH).trim();
  return {
    title: text('title'),
    description: text('description'),
    url: text('url'),
    source: text('source'),
    documentation: text('documentation'),
    licenses: text('licenses'),
    vendor: text('vendor'),
    authors: text('authors'),
    version: text('version'),
  };
}

function chartSummary(row: ManifestRow): RepositorySummary {
  const chart = readChartMetadata(tryParseJson(row.config ?? Buffer.alloc(0)) ?? {});
  const said: Texts = {
    title: chart.name,
    description: chart.description,
    url: chart.home,
    source: chart.sources[0] ?? '',
    licenses: chart.annotations['artifacthub.io/license'] ?? '',
    authors: chart.maintainers.map(({ name }) => name).join(', '),
    version: chart.version,
  };
  return summaryOf((name) => said[name] || annotationsOf(row)[`${OCI}${name}`] || '');
}

function annotationsOf(row: Pick<ManifestRow, 'annotations'> | undefined): Texts {
  return row === undefined ? {} : (JSON.parse(row.annotations) as Texts);
}

async function labelsOf(
  { kind, config }: Pick<ManifestRow, 'kind' | 'config'>,
  reader: Pick<ContentReader, 'config'>,
): Promise<Texts> {
  if (kind !== 'image' || config === null) return {};
  return (await readImageConfig(config, reader))?.config.labels ?? {};
}

/** The platforms of an index come from one build, so any of them has the same labels. */
function firstImage(db: Database, repositoryId: number, index: string): Promise<ManifestRow | undefined> {
  return db
    .selectFrom('manifest_children as child')
    .innerJoin('held_manifests as held', 'held.digest', 'child.child_digest')
    .innerJoin('manifests', 'manifests.digest', 'held.digest')
    .selectAll('manifests')
    .where('child.parent_digest', '=', index)
    .where('held.repository_id', '=', repositoryId)
    .where('manifests.kind', '=', 'image')
    .where('child.platform', '<>', 'attestation')
    .orderBy('child.position')
    .limit(1)
    .executeTakeFirst();
}
