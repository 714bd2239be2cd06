/** Converts SBOMs that are not JSON to the shape of those that are. */
import type { Json } from './json.ts';
import { parseXml, type XmlElement } from './xml.ts';

const HEAD = 4000;
const MAX_PACKAGES = 100_000;

/** Reads CycloneDX XML or SPDX tag-value; undefined for anything else. */
export function sbomFromText(text: string): Json | undefined {
  const head = text.slice(0, HEAD);
  const schema = /cyclonedx\.org\/schema\/bom\/([\d.]+)/.exec(head)?.[1];
  if (/^\uFEFF?\s*</.test(head) && schema !== undefined) return fromXml(text, schema);
  return /^SPDXVersion:/m.test(head) ? fromTagValue(text) : undefined;
}

/** @see https://cyclonedx.org/docs/1.6/xml/ */
function fromXml(text: string, specVersion: string): Json | undefined {
  const bom = parseXml(text);
  if (bom?.name !== 'bom') return undefined;
  const metadata = child(bom, 'metadata');
  const tools = child(metadata, 'tools');
  return {
    bomFormat: 'CycloneDX',
    specVersion,
    metadata: {
      timestamp: value(metadata, 'timestamp'),
      component: component(child(metadata, 'component')),
      tools: [...(child(tools, 'components') ?? tools ?? { children: [] }).children].map(component),
    },
    components: (child(bom, 'components')?.children ?? []).map(component),
  };
}

function component(element: XmlElement | undefined): Json {
  const licenses = child(element, 'licenses')?.children ?? [];
  return {
    group: value(element, 'group'),
    name: value(element, 'name'),
    version: value(element, 'version'),
    purl: value(element, 'purl'),
    licenses: licenses.map((each) =>
      each.name === 'expression'
        ? { expression: each.text.trim() }
        : { license: { id: value(each, 'id'), name: value(each, 'name') } },
    ),
    components: child(element, 'components')?.children.map(component),
  };
}

function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((each) => each.name === name);
}

function value(element: XmlElement | undefined, name: string): string | undefined {
  return child(element, name)?.text.trim();
}

/** @see https://spdx.github.io/spdx-spec/v2.3/ */
function fromTagValue(text: string): Json {
  const facts: Record<string, string> = {};
  const creators: string[] = [];
  const packages: Record<string, unknown>[] = [];
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const [tag, content] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (tag === 'PackageName' && packages.length < MAX_PACKAGES) packages.push({ name: content });
    else if (tag === 'Creator') creators.push(content);
    else if (DOCUMENT_TAGS.includes(tag)) facts[tag] ??= content;
    else Object.assign(packages.at(-1) ?? {}, packageField(tag, content));
  }
  return {
    spdxVersion: facts.SPDXVersion,
    name: facts.DocumentName,
    creationInfo: { creators, created: facts.Created },
    packages,
  };
}

const DOCUMENT_TAGS: readonly string[] = ['SPDXVersion', 'DocumentName', 'Created'];

function packageField(tag: string, content: string): Json {
  if (tag === 'PackageVersion') return { versionInfo: content };
  if (tag === 'PackageLicenseConcluded') return { licenseConcluded: content };
  if (tag === 'PackageLicenseDeclared') return { licenseDeclared: content };
  const [, kind, locator] = tag === 'ExternalRef' ? content.split(/\s+/, 3) : [];
  return kind === 'purl' ? { externalRefs: [{ referenceType: 'purl', referenceLocator: locator }] } : {};
}
