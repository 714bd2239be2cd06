import type { ArtifactDocument, Material, ProvenanceDocument, Seal, Subject } from './document.ts';
import { digestIn, flatten, type Json, list, object, objects, text, time } from './json.ts';
import { readSbom } from './sbom.ts';

type Provenance = Omit<ProvenanceDocument, 'seal' | 'subjects' | 'kind' | 'format'>;

const MAX_MATERIALS = 1000;
const BUILDKIT_METADATA = 'https://mobyproject.org/buildkit@v1#metadata';

/**
 * A statement about images: provenance, a bill of materials, or anything else by its name.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export function readStatement(body: Json, seal: Seal | null): ArtifactDocument | undefined {
  const predicateType = text(body.predicateType, 300);
  if (predicateType === '') return undefined;
  const predicate = object(body.predicate) ?? {};
  const about = { seal, subjects: subjectsOf(body) };
  const format = /^https:\/\/slsa\.dev\/provenance\/(v\d[\w.]*)/.exec(predicateType)?.[1];
  if (format !== undefined) {
    const read = object(predicate.buildDefinition) === undefined ? readVersion02(predicate) : readVersion1(predicate);
    return { kind: 'provenance', format: `SLSA ${format}`, ...read, ...about };
  }
  // cosign wraps what it does not know in `Data`.
  const found = readSbom(predicate) ?? readSbom(object(predicate.Data) ?? {});
  if (found !== undefined) return { ...found, ...about };
  return { kind: 'statement', predicateType, facts: flatten(predicate), ...about };
}

function subjectsOf(body: Json): readonly Subject[] {
  return objects(body.subject, 100).map((subject) => ({
    name: text(subject.name, 500),
    digest: digestIn(subject.digest),
  }));
}

/** @see https://slsa.dev/spec/v0.2/provenance */
function readVersion02(predicate: Json): Provenance {
  const invocation = object(predicate.invocation);
  const config = object(invocation?.configSource);
  const metadata = object(predicate.metadata);
  const vcs = object(object(metadata?.[BUILDKIT_METADATA])?.vcs);
  return {
    builder: text(object(predicate.builder)?.id),
    buildType: text(predicate.buildType),
    source: text(vcs?.source) || text(config?.uri),
    revision: text(vcs?.revision, 200) || digestIn(config?.digest),
    entryPoint: text(config?.entryPoint),
    invocationId: text(metadata?.buildInvocationID),
    startedAt: time(metadata?.buildStartedOn),
    finishedAt: time(metadata?.buildFinishedOn),
    parameters: flatten(invocation?.parameters),
    ...materialsOf(predicate.materials),
  };
}

/** @see https://slsa.dev/spec/v1.0/provenance */
function readVersion1(predicate: Json): Provenance {
  const definition = object(predicate.buildDefinition);
  const details = object(predicate.runDetails);
  const metadata = object(details?.metadata);
  const external = object(definition?.externalParameters);
  const vcs = object(object(metadata?.buildkit_metadata)?.vcs);
  const workflow = object(external?.workflow);
  const config = object(external?.configSource);
  const first = objects(definition?.resolvedDependencies, 1)[0];
  const source = text(vcs?.source) || text(workflow?.repository) || text(config?.uri);
  return {
    builder: text(object(details?.builder)?.id),
    buildType: text(definition?.buildType),
    source: source || text(first?.uri),
    revision: text(vcs?.revision, 200) || digestIn(config?.digest) || digestIn(first?.digest),
    entryPoint: text(workflow?.path) || text(config?.path) || text(config?.entryPoint),
    invocationId: text(metadata?.invocationId) || text(metadata?.invocationID),
    startedAt: time(metadata?.startedOn),
    finishedAt: time(metadata?.finishedOn),
    parameters: flatten(external),
    ...materialsOf(definition?.resolvedDependencies),
  };
}

function materialsOf(value: unknown): { materials: readonly Material[]; materialCount: number } {
  const materials = objects(value, MAX_MATERIALS).map((item) => ({
    uri: text(item.uri) || text(item.name),
    digest: digestIn(item.digest),
  }));
  return { materials, materialCount: list(value, Number.POSITIVE_INFINITY).length };
}
