/** What builders and signers say about an image: provenance, packages, signatures. */
import { type Build, baseOf, iso, TYPES } from './build.ts';
import { type Package, packagesOf } from './packages.ts';
import { STACKS } from './stacks.ts';
import { blobOf, type Descriptor } from './storage.ts';

const IN_TOTO = 'application/vnd.in-toto+json';
const PROVENANCE = 'https://slsa.dev/provenance/v1';
const SPDX = 'https://spdx.dev/Document';
const BUILD_TAKES_MS = 3 * 60_000;

/** As BuildKit puts it into the index, beside the image it speaks about. */
export function attestationOf(build: Build, image: Descriptor): Descriptor {
  const { storage } = build.maker;
  const { name } = build.repository;
  const statements = [
    [SPDX, spdxOf(build)],
    [PROVENANCE, provenanceOf(build)],
  ] as const;
  const layers = statements.map(([predicateType, predicate]) => {
    const blob = blobOf({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType,
      subject: [{ name: `pkg:docker/${name}@${build.release.version}`, digest: { sha256: image.digest.slice(7) } }],
      predicate,
    });
    const layer = storage.putBlob(name, IN_TOTO, blob);
    return { ...layer, annotations: { 'in-toto.io/predicate-type': predicateType } };
  });
  const diffIds = layers.map(({ digest }) => digest);
  const config = blobOf({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const manifest = storage.putManifest(name, TYPES.manifest, {
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config: storage.putBlob(name, TYPES.config, config),
    layers,
  });
  const annotations = {
    'vnd.docker.reference.digest': image.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  return { ...manifest, annotations, platform: { os: 'unknown', architecture: 'unknown' } };
}

function packagesIn({ repository }: Pick<Build, 'repository'>): readonly Package[] {
  const { made } = repository;
  return 'stack' in made ? packagesOf(made.stack, STACKS[made.stack].base) : packagesOf(undefined, made.mirrored);
}

function spdxOf(build: Build): object {
  const { repository, release } = build;
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${repository.name}:${release.version}`,
    documentNamespace: `https://sbom.example.com/${repository.name}/${release.revision}`,
    creationInfo: {
      created: iso(release.at),
      creators: ['Organization: Anchore, Inc', 'Tool: syft-v1.31.0', 'Tool: buildkit-v0.24.0'],
    },
    packages: packagesIn(build).map(({ name, version, license, purl }) => ({
      SPDXID: `SPDXRef-Package-${name.replaceAll(/[^a-zA-Z0-9.-]/g, '-')}`,
      name,
      versionInfo: version,
      licenseConcluded: 'NOASSERTION',
      licenseDeclared: license,
      externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
    })),
  };
}

function provenanceOf({ repository, release }: Build): object {
  const repositoryUrl = `https://git.example.com/${repository.name}`;
  const base = baseOf(repository).name;
  return {
    buildDefinition: {
      buildType: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md',
      externalParameters: {
        configSource: { uri: `${repositoryUrl}.git#refs/tags/${release.version}`, path: 'Dockerfile' },
        request: { frontend: 'dockerfile.v0', args: { 'build-arg:VERSION': release.version, target: 'release' } },
      },
      resolvedDependencies: [
        { uri: `pkg:docker/${base}?platform=linux%2Famd64`, digest: { sha256: blobOf(base).digest.slice(7) } },
        { uri: `${repositoryUrl}.git#refs/tags/${release.version}`, digest: { sha1: release.revision } },
      ],
    },
    runDetails: {
      builder: { id: `https://ci.example.com/runs/${Number.parseInt(release.revision.slice(0, 6), 16)}` },
      metadata: {
        invocationId: release.revision.slice(0, 20),
        startedOn: iso(release.at - BUILD_TAKES_MS),
        finishedOn: iso(release.at - 30_000),
        buildkit_metadata: { vcs: { source: `${repositoryUrl}.git`, revision: release.revision } },
      },
    },
  };
}

export function cycloneDxOf(build: Build): object {
  const { repository, release } = build;
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: iso(release.at + 60_000),
      tools: { components: [{ type: 'application', name: 'trivy', version: '0.66.0' }] },
      component: { type: 'container', name: repository.name, version: release.version },
    },
    components: packagesIn(build).map(({ name, version, license, purl }) => ({
      type: 'library',
      ...{ name, version, purl, licenses: [{ license: { id: license } }] },
    })),
  };
}
