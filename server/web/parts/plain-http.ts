/** Client settings that are necessary before a client uses plain HTTP with a registry on another machine. */
import { isIP } from 'node:net';
import { hostName, isLoopbackName } from '../../config/host-name.ts';
import type { Page } from '../shell/page.ts';
import type { RegistryReach } from './reach.ts';

/** Lines of a file, or of a shell when `file` is null. */
export interface Lines {
  readonly file: string | null;
  readonly text: string;
}

export interface PlainHttpSection {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly lines: readonly Lines[];
}

export interface PlainHttpView {
  /** Folded when it is unknown whether the registry uses TLS. */
  readonly isFolded: boolean;
  readonly intro: string;
  readonly sections: readonly PlainHttpSection[];
}

export interface PlainHttpFacts {
  readonly reach: RegistryReach;
  /** The token realm; clients must be able to resolve its name as well. */
  readonly realm: string;
  readonly page: Pick<Page, 't' | 'origin'>;
}

/** @returns null when clients need no settings. */
export function plainHttpView({ reach, realm, page }: PlainHttpFacts): PlainHttpView | null {
  if (reach.isLoopback || reach.transport === 'https') return null;
  const isFolded = reach.transport === 'unknown';
  const intro = page.t(isFolded ? 'operations:connect.http.unknown' : 'operations:connect.http.intro', {
    host: reach.host,
  });
  return { isFolded, intro, sections: [...hostsSections(reach, realm, page), ...clientSections(reach.host, page.t)] };
}

/** Lines for the hosts file: names of registry and realm that may not be in DNS. */
function hostsSections(reach: RegistryReach, realm: string, { t, origin }: PlainHttpFacts['page']) {
  const names = [reach.hostname, hostName(new URL(realm).host)].filter(
    (name) => isIP(name) === 0 && !isLoopbackName(name),
  );
  if (names.length === 0) return [];
  // A page that was opened by IP address shows which address works for the reader.
  const opened = hostName(origin.host);
  const address = isIP(opened) !== 0 && !isLoopbackName(opened) ? opened : '192.0.2.10';
  const text =
    isIP(opened) !== 0 && !isLoopbackName(opened)
      ? t('operations:connect.http.hosts')
      : t('operations:connect.http.hosts_example');
  const line = `${address} ${[...new Set(names)].join(' ')}`;
  return [
    { id: 'hosts', title: t('operations:connect.http.hosts_title'), text, lines: [{ file: '/etc/hosts', text: line }] },
  ];
}

function clientSections(host: string, t: Page['t']): readonly PlainHttpSection[] {
  return [
    {
      ...{ id: 'docker', title: 'Docker', text: t('operations:connect.http.docker') },
      lines: [
        { file: '/etc/docker/daemon.json', text: `{\n  "insecure-registries": ["${host}"]\n}` },
        { file: null, text: 'sudo systemctl restart docker' },
      ],
    },
    {
      ...{ id: 'podman', title: 'Podman, Buildah, Skopeo', text: t('operations:connect.http.podman') },
      lines: [
        {
          file: `/etc/containers/registries.conf.d/${fileName(host)}.conf`,
          text: `[[registry]]\nlocation = "${host}"\ninsecure = true`,
        },
      ],
    },
    {
      ...{ id: 'containerd', title: 'containerd, nerdctl, Kubernetes', text: t('operations:connect.http.containerd') },
      lines: [
        { file: `/etc/containerd/certs.d/${host}/hosts.toml`, text: hostsToml(host) },
        { file: '/etc/containerd/config.toml', text: CONTAINERD_CONFIG },
        { file: null, text: 'sudo systemctl restart containerd' },
      ],
    },
    {
      ...{ id: 'k3s', title: 'k3s, RKE2', text: t('operations:connect.http.k3s') },
      lines: [
        {
          file: '/etc/rancher/k3s/registries.yaml',
          text: `mirrors:\n  "${host}":\n    endpoint:\n      - "http://${host}"`,
        },
        { file: null, text: 'sudo systemctl restart k3s' },
      ],
    },
    {
      ...{ id: 'buildkit', title: 'docker buildx', text: t('operations:connect.http.buildkit') },
      lines: [
        { file: 'buildkitd.toml', text: `[registry."${host}"]\n  http = true` },
        { file: null, text: 'docker buildx create --use --config buildkitd.toml' },
      ],
    },
  ];
}

const hostsToml = (host: string) =>
  `server = "http://${host}"\n\n[host."http://${host}"]\n  capabilities = ["pull", "resolve", "push"]`;

/** Needed by containerd 1.5 and later 1.x; it is the default of 2.x. */
const CONTAINERD_CONFIG = '[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"';

function fileName(host: string): string {
  return host.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^-|-$/g, '');
}
