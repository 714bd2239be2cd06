import type { SbomDocument, SbomPackage } from './document.ts';
import { asList, asObject, asObjects, asText, asTexts, type Json, parseTime } from './json.ts';

type Sbom = Omit<SbomDocument, 'seal' | 'subjects'>;

/** SPDX, CycloneDX or Syft's own JSON; undefined for anything else. */
export function readSbom(body: Json): Sbom | undefined {
  if (typeof body.spdxVersion === 'string') return readSpdx(body);
  if (body.bomFormat === 'CycloneDX') return readCycloneDx(body);
  if (Array.isArray(body['@graph']) && asText(body['@context']).includes('spdx.org')) return readSpdx3(body);
  if (Array.isArray(body.artifacts) && asObject(body.descriptor) !== undefined) return readSyft(body);
  return undefined;
}

/** @see https://spdx.github.io/spdx-spec/v2.3/ */
function readSpdx(body: Json): Sbom {
  const info = asObject(body.creationInfo);
  const creators = asTexts(info?.creators);
  const tools = creators.filter((creator) => creator.startsWith('Tool:')).map((creator) => creator.slice(5).trim());
  return sbom({
    format: asText(body.spdxVersion, 40).replace(/^SPDX-/, 'SPDX '),
    name: asText(body.name),
    tools,
    createdAt: parseTime(info?.created),
    count: asList(body.packages, Number.POSITIVE_INFINITY).length,
    packages: asObjects(body.packages).map((item) => ({
      name: asText(item.name, 300),
      version: asText(item.versionInfo, 200),
      license: stated(asText(item.licenseConcluded, 300)) || stated(asText(item.licenseDeclared, 300)),
      purl: spdxPurl(item),
    })),
  });
}

function spdxPurl(item: Json): string {
  const found = asObjects(item.externalRefs, 50).find((reference) => reference.referenceType === 'purl');
  return asText(found?.referenceLocator, 500);
}

/** Both values mean in SPDX that no license is stated. */
function stated(license: string): string {
  return license === 'NOASSERTION' || license === 'NONE' ? '' : license;
}

function readSpdx3(body: Json): Sbom {
  const graph = asObjects(body['@graph'], 100_000);
  const ofType = (type: string) => graph.filter((item) => item.type === type);
  const found = ofType('software_Package');
  const info = ofType('CreationInfo')[0];
  const licenses = spdx3Licenses(graph);
  return sbom({
    format: `SPDX ${asText(info?.specVersion, 20) || '3'}`,
    name: asText(ofType('SpdxDocument')[0]?.name),
    tools: ofType('Tool').map((tool) => asText(tool.name, 200)),
    createdAt: parseTime(info?.created),
    count: found.length,
    packages: found.slice(0, 20_000).map((item) => ({
      name: asText(item.name, 300),
      version: asText(item.software_packageVersion, 200),
      license: licenses.get(asText(item.spdxId)) ?? '',
      purl: asText(item.software_packageUrl, 500),
    })),
  });
}

/** By package; concluded licenses override declared ones, as in SPDX 2. */
function spdx3Licenses(graph: readonly Json[]): ReadonlyMap<string, string> {
  const names = new Map(graph.map((item) => [asText(item.spdxId), licenseName(item)]));
  const found = new Map<string, string>();
  for (const type of ['hasDeclaredLicense', 'hasConcludedLicense'])
    for (const relation of graph.filter((item) => item.relationshipType === type)) {
      const named = asTexts(relation.to, 20).map((id) => names.get(id) || listedLicense(id));
      const license = stated(named.filter((name) => name !== '').join(', '));
      if (license !== '') found.set(asText(relation.from), license);
    }
  return found;
}

function licenseName(item: Json): string {
  return asText(item.simplelicensing_licenseExpression, 300) || asText(item.name, 200);
}

/** Listed licenses are referred to by address and need no element of their own. */
function listedLicense(id: string): string {
  return /^https?:\/\/spdx\.org\/licenses\/([\w.+-]{1,100})$/.exec(id)?.[1] ?? '';
}

/** @see https://cyclonedx.org/docs/1.6/json/ */
function readCycloneDx(body: Json): Sbom {
  const metadata = asObject(body.metadata);
  const subject = asObject(metadata?.component);
  const all = components(body);
  return sbom({
    format: `CycloneDX ${asText(body.specVersion, 20)}`.trim(),
    name: nameAndVersion(subject),
    tools: cycloneTools(metadata?.tools),
    createdAt: parseTime(metadata?.timestamp),
    count: all.length,
    packages: all.slice(0, 20_000).map((item) => ({
      name: [asText(item.group, 200), asText(item.name, 300)].filter((part) => part !== '').join('/'),
      version: asText(item.version, 200),
      license: cycloneLicense(item),
      purl: asText(item.purl, 500),
    })),
  });
}

/** Flattens nested components. */
function components(body: Json): readonly Json[] {
  const found: Json[] = [];
  let level = asObjects(body.components, 100_000);
  for (let depth = 0; depth < 10 && level.length > 0 && found.length < 100_000; depth += 1) {
    for (const item of level) found.push(item);
    level = level.flatMap((item) => (item.components === undefined ? [] : asObjects(item.components, 10_000)));
  }
  return found;
}

function cycloneTools(tools: unknown): readonly string[] {
  const items = Array.isArray(tools) ? asObjects(tools, 20) : asObjects(asObject(tools)?.components, 20);
  return items.map(nameAndVersion).filter((name) => name !== '');
}

function nameAndVersion(item: Json | undefined): string {
  return [asText(item?.name, 300), asText(item?.version, 200)].filter((part) => part !== '').join(' ');
}

function cycloneLicense(item: Json): string {
  return asObjects(item.licenses, 20)
    .map((entry) => {
      const license = asObject(entry.license);
      return asText(entry.expression, 300) || asText(license?.id, 100) || asText(license?.name, 200);
    })
    .filter((name) => name !== '')
    .join(', ');
}

function readSyft(body: Json): Sbom {
  const artifacts = asList(body.artifacts, Number.POSITIVE_INFINITY);
  return sbom({
    format: 'Syft',
    name: asText(asObject(body.source)?.name),
    tools: [nameAndVersion(asObject(body.descriptor))].filter((name) => name !== ''),
    createdAt: parseTime(asObject(asObject(body.descriptor)?.configuration)?.timestamp),
    count: artifacts.length,
    packages: asObjects(artifacts).map((item) => ({
      name: asText(item.name, 300),
      version: asText(item.version, 200),
      license: asObjects(item.licenses, 20)
        .map((license) => asText(license.value, 200))
        .join(', '),
      purl: asText(item.purl, 500),
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
