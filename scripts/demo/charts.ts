/** Helm charts as `helm push` stores them, and an artifact of a kind that nobody knows. */
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { iso, type Maker, type Release, TYPES } from './build.ts';
import { type ChartRepository, MODEL_REPOSITORY } from './repositories.ts';
import { blobOf, type Descriptor } from './storage.ts';

const CHART_CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const CHART_LAYER = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

export async function makeChart(maker: Maker, repository: ChartRepository, release: Release): Promise<Descriptor> {
  const { storage } = maker;
  const metadata = metadataOf(repository, release);
  const archive = await archiveOf(repository, release, metadata);
  return storage.putManifest(repository.name, TYPES.manifest, {
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config: storage.putBlob(repository.name, CHART_CONFIG, blobOf(metadata)),
    layers: [storage.putBlob(repository.name, CHART_LAYER, blobOf(archive))],
    annotations: {
      'org.opencontainers.image.title': repository.chart,
      'org.opencontainers.image.description': repository.about,
      'org.opencontainers.image.version': release.version,
      'org.opencontainers.image.created': iso(release.at),
    },
  });
}

function metadataOf({ chart, about }: ChartRepository, { version, number }: Release) {
  return {
    apiVersion: 'v2',
    name: chart,
    version,
    appVersion: `4.${9 + number}.0`,
    description: about,
    type: 'application',
    kubeVersion: '>=1.29.0-0',
    home: `https://git.example.com/charts/${chart}`,
    keywords: [chart, 'example-shop'],
    sources: [`https://git.example.com/charts/${chart}`],
    maintainers: [
      { name: 'Tomás Rivera', email: 'tomas@example.com' },
      { name: 'Anna Kovač', email: 'anna@example.com' },
    ],
    dependencies: [
      {
        name: 'postgresql',
        version: '16.x.x',
        repository: 'oci://registry-1.docker.io/bitnamicharts',
        condition: 'postgresql.enabled',
      },
      {
        name: 'redis',
        version: '22.x.x',
        repository: 'oci://registry-1.docker.io/bitnamicharts',
        condition: 'redis.enabled',
      },
    ],
  };
}

async function archiveOf(repository: ChartRepository, release: Release, metadata: object): Promise<Buffer> {
  const files = Object.entries(filesOf(repository, release, metadata));
  const mtime = new Date(release.at);
  const entries = files.map(([name, body]) => ({
    header: { name: `${repository.chart}/${name}`, size: Buffer.byteLength(body), mtime },
    body,
  }));
  return gzipSync(await packTar(entries));
}

function filesOf({ chart, about }: ChartRepository, { version, number }: Release, metadata: object) {
  return {
    'Chart.yaml': yamlOf(metadata),
    'values.yaml': valuesOf(chart, number),
    'README.md': readmeOf(chart, about, version),
    'templates/deployment.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include "${chart}.fullname" . }}\n`,
    'templates/service.yaml': `apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ include "${chart}.fullname" . }}\n`,
    'templates/ingress.yaml':
      '{{- if .Values.ingress.enabled }}\napiVersion: networking.k8s.io/v1\nkind: Ingress\n{{- end }}\n',
    'templates/NOTES.txt': 'Open http://{{ .Values.ingress.host }}\n',
  };
}

/** JSON is YAML, but people write it otherwise. */
function yamlOf(metadata: object): string {
  const lines = Object.entries(metadata).map(([key, value]) =>
    typeof value === 'string'
      ? `${key}: ${JSON.stringify(value)}`
      : `${key}: ${JSON.stringify(value, null, 1).replaceAll(/\s+/g, ' ')}`,
  );
  return `${lines.join('\n')}\n`;
}

function valuesOf(chart: string, number: number): string {
  return `# How many of them run at least.
replicas: ${2 + (number % 2)}

image:
  repository: registry.example.com/${chart === 'monitoring' ? 'mirror/quay.io/prometheus/prometheus' : `web/${chart}`}
  # Default: the chart's appVersion.
  tag: ""
  pullPolicy: IfNotPresent

imagePullSecrets:
  - name: registry

resources:
  requests: { cpu: 100m, memory: 256Mi }
  limits: { memory: 512Mi }

autoscaling:
  enabled: true
  maxReplicas: 12
  targetCPU: 70

ingress:
  enabled: true
  className: nginx
  host: ${chart}.example.com
  tls: true

postgresql:
  enabled: false

redis:
  enabled: true
`;
}

function readmeOf(chart: string, about: string, version: string): string {
  return `# ${chart}

${about}.

\`\`\`sh
helm install ${chart} oci://registry.example.com/charts/${chart} --version ${version}
\`\`\`

## Values

| Key | Default | What for |
|---|---|---|
| \`replicas\` | \`2\` | How many run at least |
| \`image.tag\` | the chart's \`appVersion\` | Another version |
| \`autoscaling.enabled\` | \`true\` | More of them under load |
| \`ingress.host\` | \`${chart}.example.com\` | Where people reach it |
| \`redis.enabled\` | \`true\` | A cache of its own |

## Upgrading

Versions with a new first number change values: read \`CHANGELOG.md\` in the source before.
`;
}

/** A machine-learning model: the registry keeps it, nobody knows its type. */
export function makeModel({ storage, layer }: Maker, release: Release): Descriptor {
  const weights = layer(`price-forecast-${release.version}.onnx`, 212e6 + release.number * 9e5);
  return storage.putManifest(MODEL_REPOSITORY, TYPES.manifest, {
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    artifactType: 'application/vnd.example.model.v2+onnx',
    config: storage.putBlob(MODEL_REPOSITORY, 'application/vnd.oci.empty.v1+json', blobOf('{}')),
    layers: [
      {
        ...storage.putLayer(MODEL_REPOSITORY, 'application/vnd.example.model.weights', weights),
        annotations: { 'org.opencontainers.image.title': 'price-forecast.onnx' },
      },
      {
        ...storage.putBlob(
          MODEL_REPOSITORY,
          'text/markdown',
          blobOf(`# Price forecast ${release.version}\n\nMAPE 6.2 % on the last quarter.\n`),
        ),
        annotations: { 'org.opencontainers.image.title': 'MODEL_CARD.md' },
      },
    ],
    annotations: {
      'org.opencontainers.image.created': iso(release.at),
      'org.opencontainers.image.version': release.version,
      'com.example.model.framework': 'pytorch 2.8',
    },
  });
}
