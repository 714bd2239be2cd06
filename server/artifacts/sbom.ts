import type { SbomDocument, SbomPackage } from './document.ts';
import { type Json, list, object, objects, text, texts, time } from './json.ts';

type Sbom = Omit<SbomDocument, 'seal' | 'subjects'>;

/** SPDX, CycloneDX or Syft's own JSON; undefined for anything else. */
export function readSbom(body: Json): Sbom | undefined {
  if (typeof body.spdxVersion === 'string') return readSpdx(body);
  if (body.bomFormat === 'CycloneDX') return readCycloneDx(body);
  if (Array.isArray(body['@graph']) && text(body['@context']).includes('spdx.org')) return readSpdx3(body);
  if (Array.isArray(body.artifacts) && object(body.descriptor) !== undefined) return readSyft(body);
  return undefined;
}

/** @see https://spdx.github.io/spdx-spec/v2.3/ */
function readSpdx(body: Json): Sbom {
  const info = object(body.creationInfo);
  const creators = texts(info?.creators);
  const tools = creators.filter((creator) => creator.startsWith('Tool:')).map((creator) => creator.slice(5).trim());
  return sbom({
    format: text(body.spdxVersion, 40).replace(/^SPDX-/, 'SPDX '),
    name: text(body.name),
    tools,
    createdAt: time(info?.created),
    count: list(body.packages, Number.POSITIVE_INFINITY).length,
    packages: objects(body.packages).map((item) => ({
      name: text(item.name, 300),
      version: text(item.versionInfo, 200),
      license: stated(text(item.licenseConcluded, 300)) || stated(text(item.licenseDeclared, 300)),
      purl: spdxPurl(item),
    })),
  });
}

function spdxPurl(item: Json): string {
  const found = objects(item.externalRefs, 50).find((reference) => reference.referenceType === 'purl');
  return text(found?.referenceLocator, 500);
}

/** Both words are SPDX's way to say nothing. */
function stated(license: string): string {
  return license === 'NOASSERTION' || license === 'NONE' ? '' : license;
}

function readSpdx3(body: Json): Sbom {
  const graph = objects(body['@graph'], 100_000);
  const ofType = (type: string) => graph.filter((item) => item.type === type);
  const found = ofType('software_Package');
  const info = ofType('CreationInfo')[0];
  const licenses = spdx3Licenses(graph);
  return sbom({
    format: `SPDX ${text(info?.specVersion, 20) || '3'}`,
    name: text(ofType('SpdxDocument')[0]?.name),
    tools: ofType('Tool').map((tool) => text(tool.name, 200)),
    createdAt: time(info?.created),
    count: found.length,
    packages: found.slice(0, 20_000).map((item) => ({
      name: text(item.name, 300),
      version: text(item.software_packageVersion, 200),
      license: licenses.get(text(item.spdxId)) ?? '',
      purl: text(item.software_packageUrl, 500),
    })),
  });
}

/** By package: what was concluded goes before what was declared, as in SPDX 2. */
function spdx3Licenses(graph: readonly Json[]): ReadonlyMap<string, string> {
  const names = new Map(graph.map((item) => [text(item.spdxId), licenseName(item)]));
  const found = new Map<string, string>();
  for (const type of ['hasDeclaredLicense', 'hasConcludedLicense'])
    for (const relation of graph.filter((item) => item.relationshipType === type)) {
      const named = texts(relation.to, 20).map((id) => names.get(id) || listedLicense(id));
      const license = stated(named.filter((name) => name !== '').join(', '));
      if (license !== '') found.set(text(relation.from), license);
    }
  return found;
}

function licenseName(item: Json): string {
  return text(item.simplelicensing_licenseExpression, 300) || text(item.name, 200);
}

/** `https://spdx.org/licenses/MIT` needs no element of its own. */
function listedLicense(id: string): string {
  return /^https?:\/\/spdx\.org\/licenses\/([\w.+-]{1,100})$/.exec(id)?.[1] ?? '';
}

/** @see https://cyclonedx.org/docs/1.6/json/ */
function readCycloneDx(body: Json): Sbom {
  const metadata = object(body.metadata);
  const subject = object(metadata?.component);
  const all = components(body);
  return sbom({
    format: `CycloneDX ${text(body.specVersion, 20)}`.trim(),
    name: nameAndVersion(subject),
    tools: cycloneTools(metadata?.tools),
    createdAt: time(metadata?.timestamp),
    count: all.length,
    packages: all.slice(0, 20_000).map((item) => ({
      name: [text(item.group, 200), text(item.name, 300)].filter((part) => part !== '').join('/'),
      version: text(item.version, 200),
      license: cycloneLicense(item),
      purl: text(item.purl, 500),
    })),
  });
}

/** Components may hold components. */
function components(body: Json): readonly Json[] {
  const found: Json[] = [];
  let level = objects(body.components, 100_000);
  for (let depth = 0; depth < 10 && level.length > 0 && found.length < 100_000; depth += 1) {
    for (const item of level) found.push(item);
    level = level.flatMap((item) => (item.components === undefined ? [] : objects(item.components, 10_000)));
  }
  return found;
}

function cycloneTools(tools: unknown): readonly string[] {
  const items = Array.isArray(tools) ? objects(tools, 20) : objects(object(tools)?.components, 20);
  return items.map(nameAndVersion).filter((name) => name !== '');
}

function nameAndVersion(item: Json | undefined): string {
  return [text(item?.name, 300), text(item?.version, 200)].filter((part) => part !== '').join(' ');
}

function cycloneLicense(item: Json): string {
  return objects(item.licenses, 20)
    .map((entry) => {
      const license = object(entry.license);
      return text(entry.expression, 300) || text(license?.id, 100) || text(license?.name, 200);
    })
    .filter((name) => name !== '')
    .join(', ');
}

function readSyft(body: Json): Sbom {
  const artifacts = list(body.artifacts, Number.POSITIVE_INFINITY);
  return sbom({
    format: 'Syft',
    name: text(object(body.source)?.name),
    tools: [nameAndVersion(object(body.descriptor))].filter((name) => name !== ''),
    createdAt: time(object(object(body.descriptor)?.configuration)?.timestamp),
    count: artifacts.length,
    packages: objects(artifacts).map((item) => ({
      name: text(item.name, 300),
      version: text(item.version, 200),
      license: objects(item.licenses, 20)
        .map((license) => text(license.value, 200))
        .join(', '),
      purl: text(item.purl, 500),
    })),
  });
}

interface Read {
  readonly format: string;
  readonly name: string;
  readonly tools: readonly string[];
  readonly createdAt: number | null;
  readonly count: number;
  readonly packages: readonly SbomPackage[];
}

function sbom({ count, packages, tools, ...rest }: Read): Sbom {
  const sorted = [...packages].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const licenses = new Set(sorted.map((item) => item.license).filter((license) => license !== ''));
  return {
    kind: 'sbom',
    ...rest,
    tools: tools.slice(0, 20),
    packages: sorted,
    packageCount: count,
    licenseCount: licenses.size,
  };
}
