import { type ArchiveEntry, readTar } from './archive.ts';
import type { ChartDocument, TextFile } from './document.ts';
import { asObject, asObjects, asText, asTexts, type Json } from './json.ts';

const MAX_ENTRIES = 5000;
const MAX_FILES = 2000;
const MAX_TEXT_LENGTH = 256 * 1024;
const SHOWN = /^[^/]+\/(?:README(?:\.md|\.txt)?|values\.yaml|Chart\.yaml)$/i;

/**
 * Reads the archive of a Helm chart: one folder with the chart's name.
 * @returns undefined when it has no Chart.yaml.
 * @throws {AppError} INVALID for a damaged archive.
 */
export async function readChart(tar: Buffer): Promise<ChartDocument | undefined> {
  const entries = await readTar(tar, (name) => SHOWN.test(name), { maxEntries: MAX_ENTRIES });
  const inner = entries.map((entry) => ({ ...entry, name: entry.name.slice(entry.name.indexOf('/') + 1) }));
  const file = (pattern: RegExp) => textFile(inner.find(({ name, content }) => content && pattern.test(name)));
  const definition = file(/^Chart\.yaml$/);
  if (definition === null) return undefined;
  return {
    kind: 'chart',
    definition,
    readme: file(/^README/i),
    values: file(/^values\.yaml$/),
    files: inner.slice(0, MAX_FILES).map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    fileCount: inner.length,
  };
}

function textFile(entry: ArchiveEntry | undefined): TextFile | null {
  if (entry?.content === undefined) return null;
  const isCut = entry.content.length > MAX_TEXT_LENGTH;
  return { text: entry.content.subarray(0, MAX_TEXT_LENGTH).toString('utf8'), isCut };
}

export interface ChartMetadata {
  readonly name: string;
  readonly version: string;
  readonly appVersion: string;
  readonly description: string;
  readonly type: string;
  readonly kubeVersion: string;
  readonly home: string;
  readonly icon: string;
  readonly isDeprecated: boolean;
  readonly keywords: readonly string[];
  readonly sources: readonly string[];
  readonly maintainers: readonly { readonly name: string; readonly email: string; readonly url: string }[];
  readonly dependencies: readonly ChartDependency[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ChartDependency {
  readonly name: string;
  readonly version: string;
  readonly repository: string;
  readonly condition: string;
}

/** @param config The configuration of a chart's manifest: Chart.yaml as JSON. */
export function readChartMetadata(config: Json): ChartMetadata {
  const field = (name: string) => asText(config[name], 500);
  return {
    name: field('name'),
    version: field('version'),
    appVersion: field('appVersion'),
    description: asText(config.description),
    type: field('type'),
    kubeVersion: field('kubeVersion'),
    home: field('home'),
    icon: field('icon'),
    isDeprecated: config.deprecated === true,
    keywords: asTexts(config.keywords, 50),
    sources: asTexts(config.sources, 50),
    maintainers: asObjects(config.maintainers, 50).map((person) => ({
      name: asText(person.name, 200),
      email: asText(person.email, 200),
      url: asText(person.url, 500),
    })),
    dependencies: asObjects(config.dependencies, 200).map((chart) => ({
      name: asText(chart.name, 200),
      version: asText(chart.version, 200),
      repository: asText(chart.repository, 500),
      condition: asText(chart.condition, 200),
    })),
    annotations: Object.fromEntries(
      Object.entries(asObject(config.annotations) ?? {})
        .slice(0, 200)
        .map(([key, value]) => [key.slice(0, 300), asText(value)]),
    ),
  };
}
