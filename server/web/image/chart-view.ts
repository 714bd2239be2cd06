/** A Helm chart: metadata, README, values and files. */

import { type ChartMetadata, readChartMetadata } from '../../artifacts/chart.ts';
import type { ChartDocument, TextFile } from '../../artifacts/document.ts';
import { tryParseJson } from '../../artifacts/json.ts';
import type { Fact } from '../parts/facts.ts';
import { type MarkdownPart, markdownParts } from '../parts/markdown.ts';
import { safeLink } from '../parts/secrets.ts';
import type { Page } from '../shell/page.ts';

export interface ChartCells {
  readonly name: string;
  readonly description: string;
  readonly isDeprecated: boolean;
  readonly facts: readonly Fact[];
  readonly keywords: readonly string[];
  readonly sources: readonly { readonly text: string; readonly link: string | null }[];
  readonly maintainers: readonly { readonly name: string; readonly note: string; readonly link: string | null }[];
  readonly dependencies: ChartMetadata['dependencies'];
  readonly commands: readonly string[];
}

/** The metadata come from the manifest's configuration, so the archive need not be read. */
export function chartCells(
  rawConfig: string | null,
  reference: ChartReference,
  { t }: Pick<Page, 't'>,
): ChartCells | null {
  const config = rawConfig === null ? undefined : tryParseJson(Buffer.from(rawConfig));
  if (config === undefined) return null;
  const chart = readChartMetadata(config);
  const fact = (label: string, value: string): Fact => ({ label, value, isCode: false, link: safeLink(value) });
  return {
    name: chart.name,
    description: chart.description,
    isDeprecated: chart.isDeprecated,
    facts: [
      fact(t('image:chart.version'), chart.version),
      fact(t('image:chart.app_version'), chart.appVersion),
      fact(t('image:chart.type'), chart.type),
      fact(t('image:chart.kube_version'), chart.kubeVersion),
      fact(t('image:chart.home'), chart.home),
    ].filter(({ value }) => value !== ''),
    keywords: chart.keywords,
    sources: chart.sources.map((text) => ({ text, link: safeLink(text) })),
    maintainers: chart.maintainers.map(({ name, email, url }) => ({ name, note: email, link: safeLink(url) })),
    dependencies: chart.dependencies,
    commands: chartCommands(chart, reference),
  };
}

export interface ChartReference {
  readonly host: string;
  readonly repository: string;
  /** The chart's version is its tag; null when the address names a digest. */
  readonly tag: string | null;
}

function chartCommands({ name, version }: ChartMetadata, { host, repository, tag }: ChartReference): readonly string[] {
  const source = `oci://${host}/${repository}`;
  // Tags cannot contain the `+` of semantic versions: helm pushes `_` instead and converts it back.
  const chosen = (tag ?? version).replaceAll('_', '+');
  const wanted = chosen === '' ? '' : ` --version ${chosen}`;
  const release = /^[a-z0-9][a-z0-9-]{0,50}$/.test(name) ? name : 'my-release';
  return [`helm install ${release} ${source}${wanted}`, `helm show values ${source}${wanted}`];
}

export interface ChartFiles {
  readonly readme: readonly MarkdownPart[];
  readonly values: TextFile | null;
  readonly files: ChartDocument['files'];
  readonly fileCount: number;
}

export function chartFiles(document: ChartDocument): ChartFiles {
  const { readme, values, files, fileCount } = document;
  return { readme: readme === null ? [] : markdownParts(readme.text, 2), values, files, fileCount };
}
