/** Fills the registry's storage, and tells what would have been pushed when and by whom to get there. */

import type { Maker, Release } from './build.ts';
import { makeChart, makeModel } from './charts.ts';
import type { ImageRepository } from './image-repository.ts';
import { makeImage } from './images.ts';
import { createLayerMaker } from './layers.ts';
import { addReports, addSignature, type Signer } from './referrers.ts';
import { planReleases, tagsOf } from './releases.ts';
import { CHARTS, EMPTY_REPOSITORY, IMAGES, MODEL_REPOSITORY } from './repositories.ts';
import { createSigner } from './signer.ts';
import { createStorage, type Descriptor } from './storage.ts';

const HOUR_MS = 3600_000;

export interface Push {
  readonly repository: string;
  /** undefined: only by its digest. */
  readonly tag: string | undefined;
  readonly manifest: Descriptor;
  readonly at: number;
  readonly by: string;
}

export interface Content {
  /** In the order of time. */
  readonly pushes: readonly Push[];
  readonly pulled: readonly Pulled[];
  readonly deleted: readonly Deleted[];
  /** Sizes of what a manifest is made of, by digest. */
  readonly partsOf: (manifest: string) => ReadonlyMap<string, number>;
}

/** A manifest that somebody deleted, as the trash keeps it. */
export interface Deleted {
  readonly repository: string;
  readonly tag: string;
  readonly manifest: Descriptor;
  readonly raw: Buffer;
  readonly at: number;
  readonly by: string;
}

/** What people use of a repository. */
export interface Pulled {
  readonly repository: string;
  readonly pullsPerDay: number;
  /** The versions, from the oldest. */
  readonly versions: readonly { readonly tag: string; readonly manifest: Descriptor; readonly at: number }[];
}

export interface ContentOptions {
  /** `rootdirectory` of the registry. */
  readonly rootdirectory: string;
  readonly now: number;
  /** A few repositories and releases only. */
  readonly isSmall: boolean;
}

const COMMITS_KEPT = 3;
const SMALL = {
  names: [
    'platform/api-gateway',
    'web/shop',
    'payments/fraud-check',
    'public/status-page',
    'mirror/docker.io/library/node',
  ],
  releases: 3,
};

export async function makeContent({ rootdirectory, now, isSmall }: ContentOptions): Promise<Content> {
  const storage = createStorage(rootdirectory);
  const maker: Maker = { storage, layer: createLayerMaker(), now };
  const pushes: Push[] = [];
  const pulled: Pulled[] = [];
  const signer = await createSigner(now - 24 * HOUR_MS);
  const lessOf = <Plan extends { releases: number }>(plan: Plan): Plan =>
    isSmall ? { ...plan, releases: Math.min(plan.releases, SMALL.releases) } : plan;
  for (const repository of IMAGES.filter(({ name }) => !isSmall || SMALL.names.includes(name)).map(lessOf)) {
    storage.addRepository(repository.name);
    const made = fillImages(maker, repository, signer);
    pushes.push(...made.pushes);
    pulled.push({ ...made, repository: repository.name, pullsPerDay: repository.pullsPerDay });
  }
  for (const chart of CHARTS.slice(0, isSmall ? 1 : CHARTS.length).map(lessOf)) {
    storage.addRepository(chart.name);
    const versions = [];
    for (const release of planReleases(chart, now, '')) {
      const manifest = await makeChart(maker, chart, release);
      storage.tag(chart.name, release.version, manifest.digest);
      versions.push({ tag: release.version, manifest, at: release.at });
    }
    const by = (index: number) => turn(chart.people, index);
    pushes.push(...versions.map((version, index) => ({ ...version, repository: chart.name, by: by(index) })));
    pulled.push({ repository: chart.name, pullsPerDay: chart.pullsPerDay, versions });
  }
  pushes.push(...fillModel(maker, pulled));
  storage.addRepository(EMPTY_REPOSITORY);
  return {
    pushes: pushes.sort((a, b) => a.at - b.at),
    pulled,
    deleted: [deleteOne(maker, 'platform/api-gateway', 75)],
    partsOf: storage.partsOf,
  };
}

/** A version before the first one that is there. */
function deleteOne(maker: Maker, name: string, hoursAgo: number): Deleted {
  const repository = IMAGES.find((image) => image.name === name);
  if (repository === undefined) throw new Error(`There is no ${name}`);
  const at = maker.now - hoursAgo * HOUR_MS;
  const tag = `v${repository.from[0]}.${repository.from[1] - 1}.2`;
  const revision = '5b1c0d7e'.padEnd(40, '3');
  const release = { number: 0, version: tag, at: at - 1400 * HOUR_MS, revision };
  const manifest = makeImage(maker, { ...repository, platforms: 'one', isAttested: false }, release);
  const raw = maker.storage.removeManifest(name, manifest.digest);
  return { repository: name, tag, manifest, raw, at, by: 'maria' };
}

function fillImages(maker: Maker, repository: ImageRepository, signer: Signer) {
  const isMirror = 'mirrored' in repository.made;
  const releases = planReleases(repository, maker.now, isMirror ? '' : 'v');
  const pushes: Push[] = [];
  const versions = releases.map((release) => {
    const manifest = makeImage(maker, repository, release);
    const by = turn(repository.people, release.number);
    const isRecent = release.number >= releases.length - COMMITS_KEPT;
    tagsOf(release, { isMirror, isRecent }).forEach((tag, index) => {
      maker.storage.tag(repository.name, tag, manifest.digest);
      pushes.push({ repository: repository.name, tag, manifest, at: release.at + index * 700, by });
    });
    return { tag: release.version, manifest, at: release.at };
  });
  speakAboutImages(maker, repository, { releases, versions, signer });
  return { versions, pushes: [...pushes, ...pushUntagged(maker, repository, releases)] };
}

interface Made {
  readonly releases: readonly Release[];
  readonly versions: readonly { readonly manifest: Descriptor }[];
  readonly signer: Signer;
}

/** Whoever began to sign, began some releases ago. */
function speakAboutImages(maker: Maker, repository: ImageRepository, { releases, versions, signer }: Made): void {
  if (!repository.isSigned) return;
  for (const release of releases.slice(-5)) {
    const manifest = versions[release.number]?.manifest;
    if (manifest !== undefined) addSignature({ maker, repository, release }, manifest, signer);
  }
  const newest = releases.at(-1);
  const manifest = versions.at(-1)?.manifest;
  if (repository.isAttested && newest !== undefined && manifest !== undefined) {
    addReports({ maker, repository, release: newest }, manifest);
  }
}

/** Builds whose tag went to the next one: the registry keeps them, and only events tell of them. */
function pushUntagged(maker: Maker, repository: ImageRepository, releases: readonly Release[]): readonly Push[] {
  const last = releases.at(-1);
  if (last === undefined) return [];
  return Array.from({ length: repository.untagged }, (_, index) => {
    const at = last.at - (index * 19 + 5) * HOUR_MS;
    const release = { ...last, number: 1000 + index, revision: last.revision.slice(index + 1).padEnd(40, 'e'), at };
    const manifest = makeImage(maker, { ...repository, platforms: 'one', isAttested: false }, release);
    return { repository: repository.name, tag: undefined, manifest, at, by: turn(repository.people, index) };
  });
}

function fillModel(maker: Maker, pulled: Pulled[]): readonly Push[] {
  maker.storage.addRepository(MODEL_REPOSITORY);
  const plan = { name: MODEL_REPOSITORY, from: [2, 0] as const, releases: 3, everyDays: 9, lastDaysAgo: 4.1 };
  const versions = planReleases(plan, maker.now, 'v').map((release) => {
    const manifest = makeModel(maker, release);
    maker.storage.tag(MODEL_REPOSITORY, release.version, manifest.digest);
    return { tag: release.version, manifest, at: release.at };
  });
  pulled.push({ repository: MODEL_REPOSITORY, pullsPerDay: 2, versions });
  return versions.map((version) => ({ ...version, repository: MODEL_REPOSITORY, by: 'priya' }));
}

function turn(people: readonly string[], index: number): string {
  return people[index % people.length] ?? 'ci-github';
}
