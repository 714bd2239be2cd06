/** When which version came out, and what tags say so. */
import { createHash } from 'node:crypto';
import type { Release } from './build.ts';

const DAY_MS = 24 * 3600_000;
const FEATURES_EVERY = 3;

export interface Plan {
  readonly name: string;
  readonly from: readonly [number, number];
  readonly releases: number;
  readonly everyDays: number;
  readonly lastDaysAgo: number;
}

/** From the oldest to the newest. @param prefix `v` where versions are written with it. */
export function planReleases(plan: Plan, now: number, prefix: string): readonly Release[] {
  return Array.from({ length: plan.releases }, (_, number) => {
    const daysAgo = plan.lastDaysAgo + (plan.releases - 1 - number) * plan.everyDays;
    const revision = createHash('sha1').update(`${plan.name} ${number}`).digest('hex');
    // Irregular intervals, as in real projects.
    const shift = number === plan.releases - 1 ? 0 : (Number.parseInt(revision.slice(0, 4), 16) / 0xffff - 0.5) * 0.6;
    return { number, version: prefix + versionOf(plan, number), at: now - (daysAgo + shift) * DAY_MS, revision };
  });
}

function versionOf({ from: [major, minor] }: Plan, number: number): string {
  return `${major}.${minor + Math.floor(number / FEATURES_EVERY)}.${number % FEATURES_EVERY}`;
}

interface Naming {
  readonly isMirror: boolean;
  /** Tags of commits are removed after a while. */
  readonly isRecent: boolean;
}

/** The tags of one release in the order in which a pipeline pushes them; some of them move on to the next one. */
export function tagsOf({ version, revision }: Release, { isMirror, isRecent }: Naming): readonly string[] {
  const minor = version.split('.').slice(0, 2).join('.');
  const moving = [minor, 'latest'];
  return isMirror || !isRecent ? [...moving, version] : [`main-${revision.slice(0, 7)}`, ...moving, version];
}
