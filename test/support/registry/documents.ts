/** What people attach to images, as the tools write it. */
const DIGEST = `sha256:${'a'.repeat(64)}`;

export const SPDX = {
  spdxVersion: 'SPDX-2.3',
  name: 'team/app',
  creationInfo: { created: '2026-02-03T04:05:06Z', creators: ['Organization: Anchore, Inc', 'Tool: syft-1.18.0'] },
  packages: [
    {
      name: 'openssl',
      versionInfo: '3.0.11-1',
      licenseConcluded: 'NOASSERTION',
      licenseDeclared: 'Apache-2.0',
      externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:deb/debian/openssl@3.0.11-1' }],
    },
    { name: 'bash', versionInfo: '5.2', licenseConcluded: 'GPL-3.0-or-later' },
    { name: 'zlib1g', versionInfo: '1.2.13', licenseDeclared: 'NONE' },
  ],
};

export const CYCLONE_DX = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  metadata: {
    timestamp: '2026-02-03T04:05:06Z',
    tools: { components: [{ name: 'trivy', version: '0.58.0' }] },
    component: { name: 'team/app', version: 'v1' },
  },
  components: [
    {
      name: 'express',
      version: '5.0.1',
      licenses: [{ license: { id: 'MIT' } }],
      purl: 'pkg:npm/express@5.0.1',
      components: [{ name: 'debug', version: '4.3.4', licenses: [{ expression: 'MIT OR Apache-2.0' }] }],
    },
    { group: '@types', name: 'node', version: '22' },
  ],
};

const SUBJECT = [{ name: 'pkg:docker/team/app@v1', digest: { sha256: 'a'.repeat(64) } }];

export const PROVENANCE_02 = {
  _type: 'https://in-toto.io/Statement/v0.1',
  predicateType: 'https://slsa.dev/provenance/v0.2',
  subject: SUBJECT,
  predicate: {
    builder: { id: 'https://github.com/team/app/actions/runs/1' },
    buildType: 'https://mobyproject.org/buildkit@v1',
    materials: [{ uri: 'pkg:docker/node@22-slim', digest: { sha256: 'b'.repeat(64) } }],
    invocation: {
      configSource: { entryPoint: 'Dockerfile' },
      parameters: { frontend: 'dockerfile.v0', args: { 'build-arg:NPM_TOKEN': 'npm_123' } },
    },
    metadata: {
      buildInvocationID: 'abc',
      buildStartedOn: '2026-02-03T04:05:06Z',
      buildFinishedOn: '2026-02-03T04:06:06Z',
      'https://mobyproject.org/buildkit@v1#metadata': {
        vcs: { source: 'https://git.example.com/team/app.git', revision: '9c1f2ab' },
      },
    },
  },
};

export const PROVENANCE_1 = {
  _type: 'https://in-toto.io/Statement/v1',
  predicateType: 'https://slsa.dev/provenance/v1',
  subject: SUBJECT,
  predicate: {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: { ref: 'refs/tags/v1', repository: 'https://github.com/team/app', path: '.github/workflows/ci.yml' },
      },
      resolvedDependencies: [{ uri: 'git+https://github.com/team/app@refs/tags/v1', digest: { gitCommit: '9c1f2ab' } }],
    },
    runDetails: {
      builder: { id: 'https://github.com/actions/runner' },
      metadata: { invocationId: 'https://github.com/team/app/actions/runs/1', startedOn: '2026-02-03T04:05:06Z' },
    },
  },
};

export function simpleSigning(digest = DIGEST, identity = 'registry.example.com/team/app') {
  return {
    critical: {
      identity: { 'docker-reference': identity },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional: { commit: '9c1f2ab', creator: 'ci' },
  };
}

export const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

export function envelope(statement: object) {
  const signatures = [{ keyid: 'key-1', sig: 'MEUCIQ==' }];
  return { payloadType: 'application/vnd.in-toto+json', payload: base64(statement), signatures };
}

export function bundle(content: object) {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: 'my-key' }, tlogEntries: [{ integratedTime: '1770091506' }] },
    ...content,
  };
}

export function notation(digest = DIGEST) {
  return {
    payload: base64({ targetArtifact: { digest, mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1 } }),
    protected: base64({ 'io.cncf.notary.signingTime': '2026-02-03T04:05:06Z' }),
    header: { x5c: ['bm90IGEgY2VydGlmaWNhdGU='] },
    signature: 'x',
  };
}

export const CHART_METADATA = {
  apiVersion: 'v2',
  name: 'shop',
  version: '1.2.3',
  appVersion: '4.12.1',
  description: 'The shop, with its database',
  type: 'application',
  home: 'https://shop.example.com',
  keywords: ['shop', 'web'],
  sources: ['https://git.example.com/team/shop'],
  maintainers: [{ name: 'Lin', email: 'lin@example.com' }],
  dependencies: [
    {
      name: 'postgresql',
      version: '15.x.x',
      repository: 'oci://registry.example.com/charts',
      condition: 'postgresql.enabled',
    },
  ],
};

export const CHART_FILES: Readonly<Record<string, string>> = {
  'shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.2.3\n',
  'shop/values.yaml': 'replicas: 2\nimage:\n  repository: team/shop\n',
  'shop/README.md':
    '# Shop\n\nInstalls the **shop**. See [docs](https://shop.example.com).\n\n| Key | Default |\n|---|---|\n| `replicas` | 2 |\n\n<script>alert(1)</script>\n',
  'shop/templates/deployment.yaml': 'kind: Deployment\n',
};

export const SPDX_3 = {
  '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
  '@graph': [
    { type: 'CreationInfo', specVersion: '3.0.1', created: '2026-02-03T04:05:06Z' },
    { type: 'SpdxDocument', name: 'team/app' },
    { type: 'software_Package', spdxId: 'urn:openssl', name: 'openssl', software_packageVersion: '3.0.11' },
    { type: 'software_Package', spdxId: 'urn:bash', name: 'bash', software_packageVersion: '5.2' },
    {
      type: 'simplelicensing_LicenseExpression',
      spdxId: 'urn:license',
      simplelicensing_licenseExpression: 'Apache-2.0 OR MIT',
    },
    { type: 'Relationship', relationshipType: 'hasConcludedLicense', from: 'urn:openssl', to: ['urn:license'] },
    {
      type: 'Relationship',
      relationshipType: 'hasDeclaredLicense',
      from: 'urn:bash',
      to: ['https://spdx.org/licenses/GPL-3.0-or-later'],
    },
  ],
};

export const CYCLONE_DX_XML = `<?xml version="1.0"?>
<!-- made by <hand> -->
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1">
  <metadata><timestamp>2026-02-03T04:05:06Z</timestamp><tools><tool><name>syft</name><version>1.18</version></tool></tools>
    <component type="container"><name>team/app</name><version>v1</version></component></metadata>
  <components>
    <component type="library"><group>@types</group><name>node &amp; more</name><version>22</version>
      <licenses><license><id>MIT</id></license></licenses><purl>pkg:npm/node@22</purl>
      <components><component><name><![CDATA[inner]]></name><licenses><expression>BSD-2-Clause</expression></licenses></component></components>
    </component>
  </components>
</bom>`;

export const SPDX_TAG_VALUE = `SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
DocumentName: team/app
Creator: Organization: Anchore, Inc
Creator: Tool: syft-1.18.0
Created: 2026-02-03T04:05:06Z

PackageName: openssl
SPDXID: SPDXRef-openssl
PackageVersion: 3.0.11-1
PackageLicenseConcluded: NOASSERTION
PackageLicenseDeclared: Apache-2.0
ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/openssl@3.0.11-1

PackageName: bash
PackageVersion: 5.2
`;
