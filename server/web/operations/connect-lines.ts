/**
 * Configuration that makes an existing registry trust us: as lines of its config.yml, as environment of a compose service
 * or of docker run, as Kubernetes objects. Pure.
 */
import { stringify } from 'yaml';
import { TRUST_FILES, type TrustChoice, trustPath } from '../../operations/trust-file.ts';
import type { Lines } from '../parts/plain-http.ts';

export const RUNS = ['file', 'compose', 'docker', 'kubernetes'] as const;
export type Runs = (typeof RUNS)[number];

export interface ConnectFacts {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** The algorithms of all keys that may sign. */
  readonly algorithms: readonly string[];
  /** Our address as the registry reaches it, with the base path. */
  readonly from: string;
  /** Our address as people reach it, outside of any container. */
  readonly publicUrl: string;
  /** Sent with each notification; a placeholder where the secret must not be shown. */
  readonly secret: string;
  /** What the registry checks our tokens with; undefined where the operator's key came without a certificate. */
  readonly caPem: string | undefined;
  readonly jwks: string;
  readonly canDelete: boolean;
}

export interface ConnectChoice extends TrustChoice {
  readonly version: 2 | 3;
  readonly runs: Runs;
}

type Tree = Record<string, unknown>;

/** The sections of config.yml that we need, by name; to be merged into the operator's own. */
export function registrySections(facts: ConnectFacts, choice: ConnectChoice): Readonly<Record<string, Tree>> {
  return {
    auth: { token: tokenSection(facts, choice) },
    notifications: { endpoints: [endpoint(facts)] },
    ...(facts.canDelete ? { storage: { delete: { enabled: true } } } : {}),
  };
}

function tokenSection({ realm, service, issuer, algorithms }: ConnectFacts, choice: ConnectChoice): Tree {
  const trusted = choice.trust === 'jwks' ? { jwks: trustPath(choice) } : { rootcertbundle: trustPath(choice) };
  // 2.x does not know the key; without it 3.x would accept a dozen algorithms that we never sign with.
  return { realm, service, issuer, ...trusted, ...(choice.version === 3 ? { signingalgorithms: algorithms } : {}) };
}

function endpoint({ from, secret }: ConnectFacts): Tree {
  return {
    name: 'registry-web',
    url: `${from}/api/notification`,
    headers: { Authorization: [`Bearer ${secret}`] },
    timeout: '5s',
    threshold: 5,
    backoff: '1s',
  };
}

/** @returns a file or command per entry, in the order in which they are applied. */
export function registryLines(facts: ConnectFacts, choice: ConnectChoice): readonly Lines[] {
  if (choice.runs === 'compose') return [composeLines(facts, choice)];
  if (choice.runs === 'docker') return [dockerLines(facts, choice)];
  if (choice.runs === 'kubernetes') return kubernetesLines(facts, choice);
  return [{ file: `${choice.folder.replace(/\/+$/, '')}/config.yml`, text: yaml(registrySections(facts, choice)) }];
}

/** The command that fetches the file that the registry trusts; none on Kubernetes, where it is part of the objects. */
export function trustLines({ from, publicUrl }: ConnectFacts, choice: ConnectChoice): readonly Lines[] {
  if (choice.runs === 'kubernetes') return [];
  // With compose and docker run the command runs on the host, and the file is mounted from there.
  const isMounted = choice.runs === 'compose' || choice.runs === 'docker';
  const base = isMounted ? publicUrl : from;
  const address = `${base}/api/auth/${choice.trust === 'jwks' ? 'jwks.json' : 'ca.pem'}`;
  const target = isMounted ? TRUST_FILES[choice.trust] : trustPath(choice);
  return [{ file: null, text: `curl -fsS -o ${target} ${address}` }];
}

/** 2.x reads no indexed names (`…_0_NAME`), so a list is one value that holds YAML; every version accepts that. */
function environment(facts: ConnectFacts, choice: ConnectChoice): readonly (readonly [string, string])[] {
  const token = Object.entries(tokenSection(facts, choice)).map(
    ([key, value]) =>
      [`REGISTRY_AUTH_TOKEN_${key.toUpperCase()}`, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  );
  return [
    ['REGISTRY_AUTH', 'token'],
    ...token,
    ...(facts.canDelete ? [['REGISTRY_STORAGE_DELETE_ENABLED', 'true'] as const] : []),
  ];
}

const ENDPOINTS = 'REGISTRY_NOTIFICATIONS_ENDPOINTS';
const IN_SECRET = 'endpoints';

function composeLines(facts: ConnectFacts, choice: ConnectChoice): Lines {
  const variables = Object.fromEntries([...environment(facts, choice), [ENDPOINTS, yaml([endpoint(facts)])]]);
  const service = {
    environment: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]),
    ),
    volumes: [`./${TRUST_FILES[choice.trust]}:${trustPath(choice)}:ro`],
  };
  return { file: 'docker-compose.yml', text: yaml({ services: { registry: service } }) };
}

/** Name, ports and storage are examples: readers put their own in. */
function dockerLines(facts: ConnectFacts, choice: ConnectChoice): Lines {
  const variables = [...environment(facts, choice), [ENDPOINTS, JSON.stringify([endpoint(facts)])] as const];
  const options = [
    '-d --name registry --restart unless-stopped -p 5000:5000 -v registry:/var/lib/registry',
    `-v "$PWD/${TRUST_FILES[choice.trust]}:${trustPath(choice)}:ro"`,
    ...variables.map(([name, value]) => `-e ${quoted(`${name}=${value}`)}`),
  ];
  const command = ['docker run', ...options, `registry:${choice.version}`].join(' \\\n  ');
  // Remove the old container first: it occupies the name and the port. Its content is in the volume.
  return { file: null, text: `docker rm -f registry\n${command}` };
}

/** Quotes a word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function kubernetesLines(facts: ConnectFacts, choice: ConnectChoice): readonly Lines[] {
  const file = TRUST_FILES[choice.trust];
  const content = choice.trust === 'jwks' ? facts.jwks : (facts.caPem ?? '');
  const objects = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'registry-web-trust' }, data: { [file]: content } },
    {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'registry-web-events' }, type: 'Opaque' },
      stringData: { [IN_SECRET]: yaml([endpoint(facts)]) },
    },
  ];
  return [
    { file: 'registry-web.yaml', text: objects.map(yaml).join('---\n') },
    { file: 'registry-patch.yaml', text: yaml(deploymentPatch(facts, choice)) },
    {
      file: null,
      text: 'kubectl apply -f registry-web.yaml\nkubectl patch deployment registry --patch-file registry-patch.yaml',
    },
  ];
}

/** A strategic merge patch: Kubernetes matches container and volume by their names. */
function deploymentPatch(facts: ConnectFacts, choice: ConnectChoice): Tree {
  const secret = { secretKeyRef: { name: 'registry-web-events', key: IN_SECRET } };
  const container = {
    name: 'registry',
    env: [
      ...environment(facts, choice).map(([name, value]) => ({ name, value })),
      { name: ENDPOINTS, valueFrom: secret },
    ],
    volumeMounts: [
      { name: 'registry-web-trust', mountPath: trustPath(choice), subPath: TRUST_FILES[choice.trust], readOnly: true },
    ],
  };
  const volumes = [{ name: 'registry-web-trust', configMap: { name: 'registry-web-trust' } }];
  return { spec: { template: { spec: { containers: [container], volumes } } } };
}

/** Without folding of long lines: a secret or an address broken over two lines is copied wrongly. */
function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}
