/** Makes the images of a repository: layers, configurations, manifests, indexes, as builders write them. */
import { createHash } from 'node:crypto';
import { attestationOf } from './attestations.ts';
import type { Base, Step } from './bases.ts';
import { type Build, baseOf, iso, type Maker, type Release, TYPES } from './build.ts';
import { type ImageRepository, PLATFORMS } from './image-repository.ts';
import type { Layer } from './layers.ts';
import { type App, type AppStep, STACKS } from './stacks.ts';
import { blobOf, type Descriptor } from './storage.ts';

const MEGABYTE = 1_000_000;
const DAY_MS = 24 * 3600_000;
const BASES_ARE_REBUILT_EVERY_DAYS = 40;
/** What a program weighs on other processors. */
const ARCH_WEIGHT: Readonly<Record<string, number>> = { amd64: 1, arm64: 0.96, arm: 0.87 };

/** @returns what a tag would point to. */
export function makeImage(maker: Maker, repository: ImageRepository, release: Release): Descriptor {
  const build = { maker, repository, release };
  const platforms = PLATFORMS[repository.platforms];
  const [only] = platforms;
  if (platforms.length === 1 && !repository.isAttested) return makePlatform(build, only);
  const images = platforms.map((platform) => makePlatform(build, platform));
  const attested = repository.isAttested ? images.map((image) => attestationOf(build, image)) : [];
  return maker.storage.putManifest(repository.name, TYPES.index, {
    schemaVersion: 2,
    mediaType: TYPES.index,
    manifests: [...images, ...attested],
    annotations: annotationsOf(build),
  });
}

interface Made {
  readonly step: Step;
  readonly at: number;
  readonly layer: Layer | undefined;
}

/** The images of an index carry their platform in their descriptor. */
function makePlatform(build: Build, platform: string): Descriptor {
  const { storage } = build.maker;
  const { name } = build.repository;
  const [os = '', architecture = '', variant] = platform.split('/');
  const described = { architecture, ...(variant === undefined ? {} : { variant }), os };
  const steps = makeSteps(build, platform, architecture);
  const layers = steps.flatMap(({ layer }) => layer ?? []);
  const config = {
    ...described,
    created: iso(steps.at(-1)?.at ?? build.release.at),
    config: { ...stackOf(build.repository)?.config(appOf(build, architecture)), Labels: labelsOf(build) },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: steps.map(historyOf),
  };
  const image = storage.putManifest(name, TYPES.manifest, {
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config: storage.putBlob(name, TYPES.config, blobOf(config)),
    layers: layers.map((layer) => storage.putLayer(name, TYPES.layer, layer)),
    annotations: annotationsOf(build),
  });
  return { ...image, platform: described };
}

/** Those of the base, then its own. */
function makeSteps(build: Build, platform: string, architecture: string): readonly Made[] {
  const { maker, repository, release } = build;
  const base = baseOf(repository);
  const generation = baseGeneration(build, base);
  const builtAt = release.at - 4 * 60_000;
  const baseAt = builtAt - base.daysOlder * DAY_MS;
  const own = stackOf(repository)?.steps(appOf(build, architecture)) ?? [];
  const steps = [
    ...base.steps(architecture).map((step) => ({ step, key: `${base.name} ${generation}`, at: baseAt })),
    ...own.map((step, index) => ({
      ...{ step, key: `${repository.name} ${sinceRelease(step, release)}`, at: builtAt + index * 900 },
    })),
  ];
  return steps.map(({ step, key, at }, index) => {
    return { step, at, layer: layerOf(maker, `${key} ${index} ${platform}`, step, architecture) };
  });
}

function appOf({ repository, release }: Build, architecture: string): App {
  return {
    name: repository.name.slice(repository.name.lastIndexOf('/') + 1),
    version: release.version,
    arch: architecture,
    weight: repository.weight * (ARCH_WEIGHT[architecture] ?? 1),
  };
}

function historyOf({ step, at, layer }: Made): object {
  return {
    created: iso(at),
    created_by: step.by,
    ...(step.by.includes('# buildkit') ? { comment: 'buildkit.dockerfile.v0' } : {}),
    ...(layer === undefined ? { empty_layer: true } : {}),
  };
}

export function stackOf({ made }: ImageRepository) {
  return 'stack' in made ? STACKS[made.stack] : undefined;
}

/** Base images are rebuilt now and then, for everybody alike: that is what repositories share. */
function baseGeneration({ maker, release, repository }: Build, base: Base): number {
  const daysAgo = (maker.now - release.at) / DAY_MS;
  const since = 'mirrored' in repository.made ? 0 : base.daysOlder;
  return Math.floor((daysAgo + since) / BASES_ARE_REBUILT_EVERY_DAYS);
}

/** The release that brought the layer which this one still has. */
function sinceRelease(step: AppStep, { number }: Release): number {
  return number - (number % step.sameFor);
}

function layerOf({ layer }: Maker, name: string, step: Step, architecture: string) {
  if (step.megabytes === undefined) return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  // No two layers weigh exactly the same.
  const wobble = 0.97 + (Number.parseInt(id.slice(0, 4), 16) / 0xffff) * 0.06;
  const bytes = step.megabytes * MEGABYTE * wobble * (ARCH_WEIGHT[architecture] ?? 1);
  return layer(`usr/share/demo/${id.slice(0, 24)}`, Math.round(bytes));
}

function labelsOf({ repository, release }: Build): Readonly<Record<string, string>> {
  if ('mirrored' in repository.made) return {};
  const [team = ''] = repository.name.split('/');
  return {
    ...annotationsOf({ repository, release }),
    'com.example.team': team,
    'com.example.cost-center': costCenter(team),
  };
}

function costCenter(team: string): string {
  return `cc-${4100 + (createHash('sha256').update(team).digest()[0] ?? 0)}`;
}

function annotationsOf({ repository, release }: Pick<Build, 'repository' | 'release'>) {
  const base = baseOf(repository);
  const isMirror = 'mirrored' in repository.made;
  return {
    'org.opencontainers.image.title': repository.name.slice(repository.name.lastIndexOf('/') + 1),
    'org.opencontainers.image.description': repository.about,
    'org.opencontainers.image.version': release.version,
    'org.opencontainers.image.created': iso(release.at),
    ...(isMirror
      ? { 'org.opencontainers.image.source': `https://github.com/docker-library/${repository.name.split('/').at(-1)}` }
      : {
          'org.opencontainers.image.source': `https://git.example.com/${repository.name}`,
          'org.opencontainers.image.revision': release.revision,
          'org.opencontainers.image.vendor': 'Example Shop GmbH',
          'org.opencontainers.image.licenses': repository.name.startsWith('public/')
            ? 'Apache-2.0'
            : 'LicenseRef-internal',
          'org.opencontainers.image.base.name': base.name,
        }),
  };
}
