/** A month of pulls, and everything as the registry would have told it. */
import { createRandom, type Random } from '../../test/support/registry/generated-plan.ts';
import type { Content, Pulled, Push } from './content.ts';
import { PEOPLE } from './people.ts';
import type { Descriptor } from './storage.ts';

const DAY_MS = 24 * 3600_000;
const DAYS = 32;
const PER_ENVELOPE = 250;

interface Use {
  readonly action: 'push' | 'pull' | 'delete';
  readonly repository: string;
  readonly tag: string | undefined;
  readonly manifest: Descriptor;
  readonly at: number;
  readonly by: string;
}

/** Bodies for the notification endpoint, in the order of time. */
export function* envelopesOf(content: Content, now: number): Generator<string> {
  const pushes = content.pushes.map((push: Push): Use => ({ ...push, action: 'push' }));
  const random = createRandom(7);
  const pulls = content.pulled.flatMap((pulled) => pullsOf(pulled, now, random));
  const deletions = content.deleted.map((deleted): Use => ({ ...deleted, tag: undefined, action: 'delete' }));
  const uses = [...pushes, ...pulls, ...deletions].sort((a, b) => a.at - b.at);
  for (let start = 0; start < uses.length; start += PER_ENVELOPE) {
    const events = uses.slice(start, start + PER_ENVELOPE).map((use, index) => eventOf(use, start + index));
    yield JSON.stringify({ events });
  }
}

function pullsOf({ repository, pullsPerDay, versions }: Pulled, now: number, random: Random): readonly Use[] {
  const uses: Use[] = repository.includes('/library/') ? [] : [...rollOuts(repository, versions, now, random)];
  for (let day = DAYS; day >= 0; day -= 1) {
    const midnight = now - day * DAY_MS - (now % DAY_MS);
    const expected = pullsPerDay * weekdayShare(midnight) * (0.75 + 0.35 * (1 - day / DAYS)) * (0.6 + 0.8 * random());
    const count = Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
    for (let index = 0; index < count; index += 1) {
      const at = midnight + hourOf(random) * 3600_000;
      const version = at < now ? chooseVersion(versions, at, random) : undefined;
      if (version === undefined) continue;
      uses.push({ action: 'pull', repository, ...version, at, by: whoPulls(repository, random) });
    }
  }
  return uses;
}

/** A new version goes to one cluster, and later to the other. */
function rollOuts(repository: string, versions: Pulled['versions'], now: number, random: Random): readonly Use[] {
  const minutesAfter = [
    ['k8s-staging', 6],
    ['k8s-staging', 7],
    ['k8s-production', 25],
    ['k8s-production', 26],
    ['k8s-production', 31],
  ] as const;
  const recent = versions.filter(({ at }) => at > now - DAYS * DAY_MS);
  const uses = recent.flatMap((version) =>
    minutesAfter.map(([by, minutes]): Use => {
      const at = version.at + (minutes + random()) * 60_000;
      return { action: 'pull', repository, ...version, at, by };
    }),
  );
  return uses.filter(({ at }) => at < now);
}

function weekdayShare(at: number): number {
  const weekday = new Date(at).getUTCDay();
  return weekday === 0 || weekday === 6 ? 0.35 : 1;
}

/** People work from eight to six, clusters pull around the clock. */
function hourOf(random: Random): number {
  return random() < 0.3 ? random() * 24 : 7.5 + (random() + random()) * 5.25;
}

/** Mostly the newest of that time. */
function chooseVersion(versions: Pulled['versions'], at: number, random: Random) {
  const known = versions.filter((version) => version.at <= at);
  const back = Math.floor(random() ** 3 * Math.min(known.length, 4));
  return known.at(-1 - back);
}

function whoPulls(repository: string, random: Random): string {
  const chance = random();
  if (repository.startsWith('public/')) return chance < 0.8 ? '' : 'k8s-production';
  if (repository.startsWith('mirror/') || repository.startsWith('tools/'))
    return chance < 0.75 ? 'ci-github' : someone(random);
  if (chance < 0.5) return 'k8s-production';
  if (chance < 0.75) return 'k8s-staging';
  return chance < 0.88 ? 'ci-github' : someone(random);
}

const DEVELOPERS = ['maria', 'jonas', 'anna', 'wei', 'priya', 'tomas', 'omar'];

function someone(random: Random): string {
  return DEVELOPERS[Math.floor(random() * DEVELOPERS.length)] ?? 'maria';
}

const AGENTS: Readonly<Record<string, string>> = {
  'ci-github': 'buildkit/v0.24 go/go1.25.0',
  'mirror-sync': 'skopeo/1.20.0 (linux; amd64)',
  'k8s-production': 'containerd/v2.1.4',
  'k8s-staging': 'containerd/v2.1.4',
  priya: 'Buildah/1.41.4 (linux)',
  '': 'docker/27.5.1 go/go1.22.11 git-commit/4c9b3b0 kernel/6.8.0 os/linux arch/amd64',
};
const DOCKER = 'docker/28.4.0 go/go1.24.7 git-commit/249d679 kernel/6.8.0-79-generic os/linux arch/amd64';
const HELM = 'Helm/3.18.6';

const METHODS = { push: 'PUT', pull: 'GET', delete: 'DELETE' } as const;

function eventOf({ action, repository, tag, manifest, at, by }: Use, index: number): object {
  const agent = repository.startsWith('charts/') ? HELM : (AGENTS[by] ?? DOCKER);
  const address = PEOPLE.find(({ name }) => name === by)?.address ?? '203.0.113.24';
  return {
    id: `demo-${index}`,
    timestamp: new Date(at).toISOString(),
    action,
    target:
      action === 'delete'
        ? { repository, digest: manifest.digest }
        : {
            ...{ mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size, length: manifest.size },
            ...{ repository, url: `http://registry/v2/${repository}/manifests/${manifest.digest}` },
            ...(tag === undefined ? {} : { tag }),
          },
    request: {
      id: `demo-${index}`,
      addr: `${address}:41522`,
      method: METHODS[action],
      useragent: agent,
    },
    actor: { name: by },
    source: {},
  };
}
