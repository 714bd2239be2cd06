import type { Page } from '../page.ts';

/** The lines people copy: how each tool names an image. */
export const TOOLS = ['docker', 'podman', 'nerdctl', 'skopeo', 'kubernetes'] as const;
export type Tool = (typeof TOOLS)[number];

export function parseTool(text: unknown): Tool {
  return TOOLS.find((tool) => tool === text) ?? 'docker';
}

/** @param image Host, repository and tag or digest: `registry.example.com/team/app:v1`. */
export function pullCommand(tool: Tool, image: string): string {
  if (tool === 'kubernetes') return `image: ${image}`;
  if (tool === 'skopeo') return `skopeo copy docker://${image} oci:${directoryFor(image)}`;
  return `${tool} pull ${image}`;
}

/** Helm charts are no images to a container engine. */
export function helmCommand(host: string, repository: string, version: string | null): string {
  return `helm pull oci://${host}/${repository}${version === null ? '' : ` --version ${version}`}`;
}

/** Files that are no image. */
export function orasCommand(image: string): string {
  return `oras pull ${image}`;
}

/** The last part of the name: a folder that skopeo can make in the current one. */
function directoryFor(image: string): string {
  const leaf = image.slice(image.lastIndexOf('/') + 1);
  return leaf.replace(/@.*$/, '');
}

/** The lines that put a first image into an empty registry. */
export function pushLines(host: string, username: string | null): readonly string[] {
  return [
    `docker login ${username === null ? '' : `-u ${username} `}${host}`,
    `docker tag hello-world ${host}/hello-world`,
    `docker push ${host}/hello-world`,
  ];
}

export interface PullBox {
  readonly tool: string;
  readonly command: string;
  readonly tools: readonly { readonly name: string; readonly href: string; readonly active: boolean }[];
}

export interface PullFacts {
  readonly host: string;
  readonly repository: string;
  /** `:v1` or `@sha256:…`. */
  readonly reference: string;
  readonly isChart: boolean;
  /** Neither an image nor a chart. */
  readonly isArtifact?: boolean;
  readonly page: Pick<Page, 'query' | 'urlWith'>;
}

/** The line to copy, and the links to the same line for other tools: the choice is in the address. */
export function pullBox({ host, repository, reference, isChart, isArtifact, page }: PullFacts): PullBox {
  if (isChart) {
    const version = reference.startsWith(':') ? reference.slice(1) : null;
    return { tool: 'helm', command: helmCommand(host, repository, version), tools: [] };
  }
  if (isArtifact) return { tool: 'oras', command: orasCommand(`${host}/${repository}${reference}`), tools: [] };
  const tool = parseTool(page.query('tool'));
  const tools = TOOLS.map((name) => ({
    name,
    href: page.urlWith({ tool: name === 'docker' ? null : name }),
    active: name === tool,
  }));
  return { tool, command: pullCommand(tool, `${host}/${repository}${reference}`), tools };
}
