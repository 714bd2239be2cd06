import { readChartMetadata } from '../../artifacts/chart.ts';
import { tryParseJson } from '../../artifacts/json.ts';
import { type ContentReader, createContentReader } from '../../artifacts/reader.ts';
import type { Database } from '../../storage/database.ts';
import { readImageConfig } from '../manifests/record.ts';
import { type ManifestRow, manifestRow } from './image-rows.ts';

/** What the newest image of a repository says about itself. Strangers wrote it; '' where it says nothing. */
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

const LONGEST = 2000;
const OCI = 'org.opencontainers.image.';
/** What images used before; some still say nothing else. */
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

/** @returns undefined for a repository without tags, or whose newest was not read yet. Costs the registry nothing. */
export async function readRepositorySummary(
  db: Database,
  { id, newestDigest }: Asked,
  reader: Pick<ContentReader, 'config'> = createContentReader(),
): Promise<RepositorySummary | undefined> {
  const row = newestDigest === null ? undefined : await manifestRow(db, id, newestDigest);
  if (row === undefined) return undefined;
  if (row.kind === 'helm') return chartAbout(row);
  const child = row.kind === 'index' ? await firstImage(db, id, row.digest) : undefined;
  // What stands nearest to the tag was written last: an index knows more than the images in it.
  const said = { ...(await labelsOf(child ?? row, reader)), ...annotationsOf(child), ...annotationsOf(row) };
  return aboutOf((name) => said[`${OCI}${name}`] ?? said[OLDER[name] ?? ''] ?? '');
}

function aboutOf(field: (name: string) => string): RepositorySummary {
  const text = (name: string) => field(name).slice(0, LONGEST).trim();
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

function chartAbout(row: ManifestRow): RepositorySummary {
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
  return aboutOf((name) => said[name] || annotationsOf(row)[`${OCI}${name}`] || '');
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

/** The platforms of one index come from one build: any of them says the same. */
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
