import type { ArtifactDocument, Material, ProvenanceDocument, SignedEnvelope, Subject } from './document.ts';
import { asList, asObject, asObjects, asText, digestFromSet, flatten, type Json, parseTime } from './json.ts';
import { readSbom } from './sbom.ts';

type Provenance = Omit<ProvenanceDocument, 'seal' | 'subjects' | 'kind' | 'format'>;

const MAX_MATERIALS = 1000;
const BUILDKIT_METADATA = 'https://mobyproject.org/buildkit@v1#metadata';

/**
 * An in-toto statement: provenance and SBOMs are read, other predicates are listed as facts.
 * @returns undefined without a predicate type.
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export function readStatement(body: Json, seal: SignedEnvelope | null): ArtifactDocument | undefined {
  const predicateType = asText(body.predicateType, 300);
  if (predicateType === '') return undefined;
  const predicate = asObject(body.predicate) ?? {};
  const about = { seal, subjects: subjectsOf(body) };
  const format = /^https:\/\/slsa\.dev\/provenance\/(v\d[\w.]*)/.exec(predicateType)?.[1];
  if (format !== undefined) {
    const read = asObject(predicate.buildDefinition) === undefined ? readVersion02(predicate) : readVersion1(predicate);
    return { kind: 'provenance', format: `SLSA ${format}`, ...read, ...about };
  }
  // cosign wraps unknown predicates in `Data`.
  const found = readSbom(predicate) ?? readSbom(asObject(predicate.Data) ?? {});
  if (found !== undefined) return { ...found, ...about };
  return { kind: 'statement', predicateType, facts: flatten(predicate), ...about };
}

function subjectsOf(body: Json): readonly Subject[] {
  return asObjects(body.subject, 100).map((subject) => ({
    name: asText(subject.name, 500),
    digest: digestFromSet(subject.digest),
  }));
}

/** @see https://slsa.dev/spec/v0.2/provenance */
function readVersion02(predicate: Json): Provenance {
  const invocation = asObject(predicate.invocation);
  const config = asObject(invocation?.configSource);
  const metadata = asObject(predicate.metadata);
  const vcs = asObject(asObject(metadata?.[BUILDKIT_METADATA])?.vcs);
  return {
    builder: asText(asObject(predicate.builder)?.id),
    buildType: asText(predicate.buildType),
    source: asText(vcs?.source) || asText(config?.uri),
    revision: asText(vcs?.revision, 200) || digestFromSet(config?.digest),
    entryPoint: asText(config?.entryPoint),
    invocationId: asText(metadata?.buildInvocationID),
    startedAt: parseTime(metadata?.buildStartedOn),
    finishedAt: parseTime(metadata?.buildFinishedOn),
    parameters: flatten(invocation?.parameters),
    ...materialsOf(predicate.materials),
  };
}

/** @see https://slsa.dev/spec/v1.0/provenance */
function readVersion1(predicate: Json): Provenance {
  const definition = asObject(predicate.buildDefinition);
  const details = asObject(predicate.runDetails);
  const metadata = asObject(details?.metadata);
  const external = asObject(definition?.externalParameters);
  const vcs = asObject(asObject(metadata?.buildkit_metadata)?.vcs);
  const workflow = asObject(external?.workflow);
  const config = asObject(external?.configSource);
  const first = asObjects(definition?.resolvedDependencies, 1)[0];
  const source = asText(vcs?.source) || asText(workflow?.repository) || asText(config?.uri);
  return {
    builder: asText(asObject(details?.builder)?.id),
    buildType: asText(definition?.buildType),
    source: source || asText(first?.uri),
    revision: asText(vcs?.revision, 200) || digestFromSet(config?.digest) || digestFromSet(first?.digest),
    entryPoint: asText(workflow?.path) || asText(config?.path) || asText(config?.entryPoint),
    invocationId: asText(metadata?.invocationId) || asText(metadata?.invocationID),
    startedAt: parseTime(metadata?.startedOn),
    finishedAt: parseTime(metadata?.finishedOn),
    parameters: flatten(external),
    ...materialsOf(definition?.resolvedDependencies),
  };
}

function materialsOf(value: unknown): { materials: readonly Material[]; materialCount: number } {
  const materials = asObjects(value, MAX_MATERIALS).map((item) => ({
    uri: asText(item.uri) || asText(item.name),
    digest: digestFromSet(item.digest),
  }));
  return { materials, materialCount: asList(value, Number.POSITIVE_INFINITY).length };
}
