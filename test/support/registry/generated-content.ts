/** Manifests, configurations and tags for a planned repository, made from its name and a seed alone. */
import { createHash } from 'node:crypto';
import { createRandom, planRegistry, type RegistrySize, type RepositoryPlan } from './generated-plan.ts';
import { TYPES } from './images.ts';

export interface GeneratedBlob {
  readonly digest: string;
  readonly raw: Buffer;
}

export interface GeneratedManifest extends GeneratedBlob {
  readonly mediaType: string;
  /** The bytes of the configuration; layers are only named, a registry serves a manifest without looking for them. */
  readonly config: GeneratedBlob | undefined;
}

export interface GeneratedRepository {
  readonly name: string;
  /** Children come before the indexes that list them. */
  readonly manifests: readonly GeneratedManifest[];
  readonly tags: readonly { readonly name: string; readonly digest: string }[];
}

const BASES = 60;
const RELEASES_PER_BASE = 20;
const RELEASES_PER_DEPENDENCIES = 5;
const PLATFORMS = ['amd64', 'arm64'] as const;
const EPOCH = Date.UTC(2023, 0, 1);
const RELEASE_EVERY_MS = 36 * 3600_000;

export function* generateRegistry(size: RegistrySize): Generator<GeneratedRepository> {
  for (const plan of planRegistry(size)) yield generateRepository(plan, size.seed ?? 1);
}

interface Draft {
  readonly plan: RepositoryPlan;
  readonly seed: number;
  readonly base: number;
  readonly manifests: GeneratedManifest[];
  /** What tags point to. */
  readonly releases: GeneratedManifest[];
  readonly tags: { name: string; digest: string }[];
}

function generateRepository(plan: RepositoryPlan, seed: number): GeneratedRepository {
  const number = Number.parseInt(hash(`${seed} ${plan.name}`).slice(0, 8), 16);
  const draft: Draft = { plan, seed, base: number % BASES, manifests: [], releases: [], tags: [] };
  // Now and then something loses its tag.
  const untagged = plan.kind === 'image' ? Math.floor(plan.manifests / 8) : 0;
  while (draft.manifests.length < plan.manifests - untagged) addRelease(draft);
  addTags(draft, number);
  for (let index = 0; index < untagged; index += 1) draft.manifests.push(anImage(draft, 100_000 + index, 'amd64'));
  return { name: plan.name, manifests: draft.manifests, tags: draft.tags };
}

function addRelease(draft: Draft): void {
  const { plan, manifests, releases } = draft;
  const release = releases.length;
  const left = plan.manifests - manifests.length;
  if (plan.kind === 'platforms' && left >= 3) {
    addIndex(draft, release, left >= 4);
    return;
  }
  const made = plan.kind === 'helm' ? aChart(draft, release) : anImage(draft, release, 'amd64');
  manifests.push(made);
  releases.push(made);
  const hasRoom = plan.tags > releases.length + draft.tags.length;
  if (plan.kind === 'signed' && left >= 2 && hasRoom) addSignature(draft, made);
}

function addIndex(draft: Draft, release: number, isAttested: boolean): void {
  const images = PLATFORMS.map((architecture) => ({ image: anImage(draft, release, architecture), architecture }));
  const listed: object[] = images.map(({ image, architecture }) => ({
    ...descriptor(image),
    platform: { os: 'linux', architecture },
  }));
  draft.manifests.push(...images.map(({ image }) => image));
  const [first] = images;
  if (isAttested && first !== undefined) {
    const attestation = anAttestation(draft, first.image);
    draft.manifests.push(attestation);
    const annotations = {
      'vnd.docker.reference.digest': first.image.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    };
    listed.push({
      ...descriptor(attestation),
      platform: { os: 'unknown', architecture: 'unknown' },
      ...{ annotations },
    });
  }
  const index = aManifest(TYPES.index, { schemaVersion: 2, mediaType: TYPES.index, manifests: listed });
  draft.manifests.push(index);
  draft.releases.push(index);
}

function addSignature(draft: Draft, subject: GeneratedManifest): void {
  const config = aBlob({ architecture: '', os: '', config: {}, of: subject.digest });
  const layer = aLayer(`signature ${subject.digest}`, 240, 'application/vnd.dev.cosign.simplesigning.v1+json');
  const signature = aManifest(TYPES.image, imageBody(TYPES.config, config, [layer]), config);
  draft.manifests.push(signature);
  draft.tags.push({ name: `${subject.digest.replace(':', '-')}.sig`, digest: signature.digest });
}

/** A version for each release, and further names for the latest ones, as pipelines give them. */
function addTags({ plan, releases, tags }: Draft, number: number): void {
  const tagged = releases.slice(0, plan.tags - tags.length);
  tagged.forEach((release, index) => {
    tags.push({ name: versionOf(index), digest: release.digest });
  });
  const random = createRandom(number);
  const latest = tagged.at(-1);
  if (latest !== undefined && tags.length < plan.tags) tags.push({ name: 'latest', digest: latest.digest });
  for (let build = 1; tags.length < plan.tags; build += 1) {
    const release = tagged[Math.floor((build * tagged.length) / plan.tags) % tagged.length];
    const commit = Math.floor(random() * 2 ** 28)
      .toString(16)
      .padStart(7, '0');
    tags.push({ name: `main-${build}-${commit}`, digest: release?.digest ?? '' });
  }
}

function versionOf(release: number): string {
  return `v${1 + Math.floor(release / 200)}.${Math.floor(release / 10) % 20}.${release % 10}`;
}

function anImage({ plan, seed, base }: Draft, release: number, architecture: string): GeneratedManifest {
  const from = (base + Math.floor(release / RELEASES_PER_BASE)) % BASES;
  const dependencies = Math.floor(release / RELEASES_PER_DEPENDENCIES);
  const layers = [
    ...Array.from({ length: 2 + (from % 3) }, (_, index) =>
      aLayer(`${seed} base ${from} ${index} ${architecture}`, 40e6),
    ),
    aLayer(`${seed} ${plan.name} dependencies ${dependencies} ${architecture}`, 25e6),
    aLayer(`${seed} ${plan.name} ${release} ${architecture}`, 6e6),
  ];
  const config = aBlob(imageConfig(plan.name, release, architecture, layers));
  return aManifest(TYPES.image, imageBody(TYPES.config, config, layers), config);
}

function imageConfig(name: string, release: number, architecture: string, layers: readonly { digest: string }[]) {
  const created = new Date(EPOCH + (release % 900) * RELEASE_EVERY_MS).toISOString();
  const [team = ''] = name.split('/');
  return {
    architecture,
    os: 'linux',
    created,
    config: {
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', `APP_VERSION=${versionOf(release)}`],
      Cmd: ['/app/server'],
      WorkingDir: '/app',
      ExposedPorts: { '8080/tcp': {} },
      Labels: {
        team,
        'org.opencontainers.image.version': versionOf(release),
        'org.opencontainers.image.source': `https://git.example.com/${name}`,
      },
    },
    history: layers.map(({ digest }) => ({ created, created_by: `COPY ${digest.slice(7, 19)} /app # buildkit` })),
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  };
}

function aChart({ plan }: Draft, release: number): GeneratedManifest {
  const version = versionOf(release).slice(1);
  const name = plan.name.slice(plan.name.lastIndexOf('/') + 1);
  const config = aBlob({ apiVersion: 'v2', name, version, description: `Chart of ${plan.name}`, type: 'application' });
  const layer = aLayer(`chart ${plan.name} ${release}`, 40e3, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip');
  return aManifest(TYPES.image, imageBody(TYPES.helmConfig, config, [layer]), config);
}

function anAttestation({ plan }: Draft, subject: GeneratedManifest): GeneratedManifest {
  const layer = aLayer(`provenance ${plan.name} ${subject.digest}`, 9e3, 'application/vnd.in-toto+json');
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const config = aBlob({ architecture: 'unknown', os: 'unknown', config: {}, rootfs, of: subject.digest });
  return aManifest(TYPES.image, imageBody(TYPES.config, config, [layer]), config);
}

/** @param typicalBytes The size is between half and twice of it. */
function aLayer(text: string, typicalBytes: number, mediaType: string = TYPES.layer) {
  const hex = hash(text);
  const factor = 0.5 + (Number.parseInt(hex.slice(0, 6), 16) / 2 ** 24) * 1.5;
  return { mediaType, digest: `sha256:${hex}`, size: Math.round(typicalBytes * factor) };
}

function imageBody(configType: string, config: GeneratedBlob, layers: readonly object[]) {
  const described = { mediaType: configType, digest: config.digest, size: config.raw.length };
  return { schemaVersion: 2, mediaType: TYPES.image, config: described, layers };
}

function aManifest(mediaType: string, body: object, config?: GeneratedBlob): GeneratedManifest {
  return { ...aBlob(body), mediaType, config };
}

function aBlob(body: object): GeneratedBlob {
  const raw = Buffer.from(JSON.stringify(body));
  return { raw, digest: `sha256:${hash(raw)}` };
}

function descriptor({ mediaType, digest, raw }: GeneratedManifest): Record<string, unknown> {
  return { mediaType, digest, size: raw.length };
}

function hash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
