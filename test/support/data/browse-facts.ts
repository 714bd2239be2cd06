/** What the stores would give the browse pages: a full registry, an empty one, and one whose every text is an attack. */
import type { ImageDetail } from '../../../server/catalog/images/image.ts';
import type { FolderRow, RepositoryRow } from '../../../server/catalog/lists/repositories.ts';
import type { TagGroup, TagRow } from '../../../server/catalog/lists/tags.ts';
import type { DeletionPlan } from '../../../server/housekeeping/plan.ts';
import type { RegistryEvent } from '../../../server/notifications/events.ts';
import type { IndexState } from '../../../server/operations/facts.ts';
import type { RecordedRefusal } from '../../../server/token/refusals.ts';

export const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
export const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(1)>'\`\${x}`;
const MINUTE = 60_000;

export const digestOf = (char: string) => `sha256:${char.repeat(64)}`;

export const UP: IndexState = {
  ...{ reachable: true, lastAnswerAt: NOW - 20_000, isComplete: true },
  ...{ crawl: undefined, hold: undefined, polled: undefined },
};

export function repositoryRow(overrides: Partial<RepositoryRow> = {}): RepositoryRow {
  return {
    id: 1,
    name: 'platform/api-gateway',
    tagCount: 318,
    imageCount: 240,
    untaggedCount: 12,
    sizeBytes: 1.9e9,
    logicalBytes: 5.4e9,
    uniqueBytes: 1.2e9,
    reclaimableBytes: 4e7,
    newestTag: 'v4.12.1',
    newestDigest: digestOf('a'),
    platforms: ['linux/amd64', 'linux/arm64'],
    kinds: ['index'],
    firstSeenAt: NOW - 90 * 24 * 60 * MINUTE,
    checkedAt: NOW,
    lastPushedAt: NOW - 4 * MINUTE,
    lastPushedBy: 'ci',
    lastPushConfirmed: true,
    newestAt: NOW - 4 * MINUTE,
    lastPulledAt: NOW - MINUTE,
    pullCount: 12804,
    error: null,
    ...overrides,
  };
}

export function folderRow(overrides: Partial<FolderRow> = {}): FolderRow {
  return {
    ...{ path: 'platform/edge', name: 'edge', repositoryCount: 41, tagCount: 900, pullCount: 77_000, summedAt: NOW },
    ...{ lastPushedAt: NOW - 4 * MINUTE, lastPushedBy: 'ci', lastPushConfirmed: true, newestAt: NOW - 4 * MINUTE },
    ...{ lastPulledAt: NOW - MINUTE, platforms: ['linux/amd64'] },
    ...{ logicalBytes: 9e9, sizeBytes: 4e9, uniqueBytes: 3e9, reclaimableBytes: 2e8 },
    ...overrides,
  };
}

export function tagRow(name: string, overrides: Partial<TagRow> = {}): TagRow {
  return {
    name,
    digest: digestOf('a'),
    firstSeenAt: NOW,
    checkedAt: NOW,
    pushedAt: NOW - 4 * MINUTE,
    pushedBy: 'ci',
    pushConfirmed: true,
    lastPulledAt: NOW - MINUTE,
    pullCount: 1204,
    missingSince: null,
    subjectDigest: null,
    ...overrides,
  };
}

export function tagGroup(names: readonly string[], overrides: Partial<TagGroup> = {}): TagGroup {
  return {
    digest: digestOf('a'),
    firstSeenAt: NOW,
    tags: names.map((name) => tagRow(name)),
    tagCount: names.length,
    kind: 'index',
    mediaType: 'application/vnd.oci.image.index.v1+json',
    artifactType: null,
    sizeBytes: 118.4e6,
    platforms: ['linux/amd64', 'linux/arm64'],
    createdAt: NOW - 6 * MINUTE,
    pushedAt: NOW - 4 * MINUTE,
    pushedBy: 'ci',
    pushConfirmed: true,
    lastPulledAt: NOW - MINUTE,
    pullCount: 1204,
    referrers: { signatures: 0, attestations: 0, sboms: 0, others: 0 },
    isReferrer: false,
    ...{ attachments: [], attached: [], attachedCount: 0, about: '', states: [] },
    error: null,
    ...overrides,
  };
}

const STEPS: readonly (readonly [string, string, number])[] = [
  ['', 'debian:bookworm-slim rootfs', 28.2e6],
  ['RUN', 'apt-get install ca-certificates tini', 9.6e6],
  ['COPY', '/usr/local/bin/node', 41.1e6],
  ['COPY', 'node_modules ./node_modules', 33.7e6],
  ['COPY', 'dist ./dist', 5.8e6],
];

export function imageDetail(overrides: Partial<ImageDetail> = {}): ImageDetail {
  const line = (instruction: string, text: string, isEmpty: boolean) => ({
    ...{ instruction, text, isEmpty, comment: '' },
    createdAt: NOW,
  });
  const raw = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}';
  return {
    repositoryId: 1,
    repository: 'platform/api-gateway',
    digest: digestOf('a'),
    kind: 'index',
    mediaType: 'application/vnd.oci.image.index.v1+json',
    artifactType: null,
    raw: '{"schemaVersion":2,"manifests":[]}',
    sizeBytes: 118.4e6,
    uniqueBytes: 39.5e6,
    createdAt: NOW - 6 * MINUTE,
    fetchedAt: NOW,
    annotations: { 'org.opencontainers.image.version': '4.12.1' },
    subjectDigest: null,
    isSubjectHere: true,
    tags: [tagRow('v4.12.1'), tagRow('latest')],
    parents: [],
    platforms: ['linux/amd64', 'linux/arm64'].map((platform, index) => ({
      ...{
        platform,
        parent: digestOf('a'),
        digest: digestOf(String(index + 1)),
        mediaType: '',
        artifactType: null,
        kind: 'image' as const,
        sizeBytes: 59e6,
      },
      ...{ createdAt: NOW, annotations: {}, isMissing: false, osVersion: '', osFeatures: '' },
    })),
    attestations: [],
    others: [],
    nested: [],
    isListCut: false,
    content: {
      ...{ kind: 'image' as const, artifactType: null },
      digest: digestOf('1'),
      platform: 'linux/amd64',
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      sizeBytes: 118.4e6,
      createdAt: NOW - 6 * MINUTE,
      layers: STEPS.map(([instruction, text, sizeBytes], index) => ({
        ...{ digest: digestOf(String(index + 3)), mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', sizeBytes },
        ...{ share: sizeBytes / 118.4e6, annotations: {}, command: line(instruction, text, false) },
        alsoIn: index < 3 ? 118 : 0,
        alsoInMore: index === 0,
        ...{ keptAt: '', keptBytes: 0 },
      })),
      dockerfile: [
        ...STEPS.map(([instruction, text, sizeBytes], layer) => ({
          ...line(instruction, text, false),
          layer,
          sizeBytes,
        })),
        { ...line('CMD', '["node", "dist/main.js"]', true), layer: undefined, sizeBytes: 0 },
      ],
      config: {
        ...{
          created: NOW,
          architecture: 'amd64',
          os: 'linux',
          variant: undefined,
          author: undefined,
          ...{ osVersion: undefined, osFeatures: [] },
          history: [],
        },
        config: {
          env: ['NODE_ENV=production', 'DB_PASSWORD=hunter2'],
          labels: {
            'org.opencontainers.image.source': 'https://git.example.com/platform/api-gateway',
            team: 'platform',
          },
          ...{ entrypoint: ['tini', '--'], cmd: ['node', 'dist/main.js'], user: '1000:1000', workingDir: '/app' },
          ...{ exposedPorts: ['8080/tcp'], volumes: [], stopSignal: '', healthcheck: [] },
          ...{
            healthcheckTimes: { intervalMs: 0, timeoutMs: 0, startPeriodMs: 0, retries: 0 },
            shell: [],
            onBuild: [],
          },
        },
      },
      configDigest: digestOf('2'),
      configMediaType: 'application/vnd.oci.image.config.v1+json',
      configBytes: 1000,
      rawConfig: '{"architecture":"amd64"}',
      raw,
      annotations: {},
    },
    referrers: [],
    problems: [],
    pushedAt: NOW - 4 * MINUTE,
    pushedBy: 'ci',
    pushConfirmed: true,
    lastPulledAt: NOW - MINUTE,
    pullCount: 1204,
    ...overrides,
  };
}

export function deletionPlan(overrides: Partial<DeletionPlan> = {}): DeletionPlan {
  return {
    repository: 'platform/api-gateway',
    tag: 'v4.12.1',
    digest: digestOf('a'),
    siblings: [],
    lastTag: true,
    children: [],
    parents: [],
    referrers: [],
    unneeded: [],
    freesBytes: 39.5e6,
    canDeleteManifest: true,
    ...overrides,
  };
}

export function registryEvent(overrides: Partial<RegistryEvent> = {}): RegistryEvent {
  return {
    id: 1,
    at: NOW - 4 * MINUTE,
    receivedAt: NOW,
    action: 'push',
    repository: 'platform/api-gateway',
    tag: 'v4.12.1',
    digest: digestOf('a'),
    mediaType: '',
    sizeBytes: 1234,
    fromRepository: undefined,
    actor: 'ci',
    actorConfirmed: true,
    address: '10.4.0.17',
    userAgent: 'docker/27.3.1 go/go1.22.7 git-commit/ce1223035a kernel/6.1.0 os/linux arch/amd64',
    method: 'PUT',
    instanceId: '',
    verified: true,
    ...overrides,
  };
}

export function refusal(overrides: Partial<RecordedRefusal> = {}): RecordedRefusal {
  return {
    id: 7,
    firstAt: NOW - 60 * MINUTE,
    lastAt: NOW - MINUTE,
    count: 12,
    subject: 'wei',
    subjectKind: 'user',
    address: '10.4.0.9',
    repository: 'platform/api-gateway',
    asked: ['pull', 'push'],
    missing: ['push'],
    client: 'docker/27.3.1',
    ...overrides,
  };
}
