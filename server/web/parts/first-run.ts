/** Shown while the registry is empty: the commands that push a first image. */
import { allowedActions } from '../../access/rights.ts';
import type { Page } from '../shell/page.ts';
import { type PlainHttpView, plainHttpView } from './plain-http.ts';
import type { RegistryReach } from './reach.ts';

export interface FirstRunFacts {
  readonly reach: RegistryReach;
  /** The token realm. */
  readonly realm: string;
}

export interface FirstRunView {
  readonly tools: readonly { readonly name: string; readonly href: string; readonly active: boolean }[];
  readonly steps: readonly { readonly label: string; readonly command: string }[];
  /** Settings that clients need for plain HTTP; null: none. */
  readonly plainHttp: PlainHttpView | null;
  /** Reloads this page without JavaScript. */
  readonly againHref: string;
  /** Link to /connect; null for viewers who may not open it. */
  readonly connectHref: string | null;
  readonly helpHref: string;
}

export type FirstRunPage = Pick<Page, 't' | 'url' | 'urlWith' | 'query' | 'viewer' | 'origin' | 'authEnabled'>;

const TOOLS = ['docker', 'podman'] as const;
type Tool = (typeof TOOLS)[number];

/** The page must set `live: '*'`, so that it reloads on the first push. */
export function firstRun(page: FirstRunPage, { reach, realm }: FirstRunFacts): FirstRunView {
  const tool = TOOLS.find((name) => name === page.query('tool')) ?? 'docker';
  return {
    tools: TOOLS.map((name) => ({
      name,
      href: page.urlWith({ tool: name === 'docker' ? null : name }),
      active: name === tool,
    })),
    steps: steps(tool, reach, page),
    plainHttp: plainHttpView({ reach, realm, page }),
    againHref: page.urlWith({}),
    connectHref: page.viewer.rights.isAdmin ? page.url('/connect') : null,
    helpHref: page.url('/help/troubleshooting'),
  };
}

function steps(tool: Tool, reach: RegistryReach, page: FirstRunPage): FirstRunView['steps'] {
  const { host, transport, hasOwnAccounts } = reach;
  // Podman expects TLS also from localhost.
  const insecure = tool === 'podman' && transport === 'http' ? '--tls-verify=false ' : '';
  const image = `${host}/${repositoryFor(page)}`;
  const user = page.viewer.isSignedIn ? `-u ${page.viewer.subject.name} ` : '';
  const login = { label: page.t('operations:connect.first.login'), command: `${tool} login ${insecure}${user}${host}` };
  return [
    ...(page.authEnabled || hasOwnAccounts === true ? [login] : []),
    { label: page.t('operations:connect.first.tag'), command: `${tool} tag hello-world ${image}` },
    { label: page.t('operations:connect.first.push'), command: `${tool} push ${insecure}${image}` },
  ];
}

/** A repository that the viewer may push to: at the root, else in the viewer's own folder. */
function repositoryFor({ viewer, origin }: FirstRunPage): string {
  const own = `${viewer.subject.name}/hello-world`;
  const may = (name: string) => allowedActions(viewer.rights, name, origin.address).has('push');
  return !may('hello-world') && viewer.isSignedIn && may(own) ? own : 'hello-world';
}
