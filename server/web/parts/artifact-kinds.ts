/** Well-known kinds of artifacts, with the command of the tool that uses them. */
import type { Page } from '../shell/page.ts';

interface CommandFacts {
  /** `host/team/app:v1`, quoted for a shell where necessary. */
  readonly reference: string;
  readonly isPlainHttp: boolean;
}

export interface ArtifactKind {
  readonly name: (t: Page['t']) => string;
  /** The name of the program. */
  readonly tool: string;
  readonly command: (facts: CommandFacts) => string;
}

const KINDS: readonly (readonly [RegExp, ArtifactKind])[] = [
  [
    /^application\/vnd\.docker\.plugin\b/,
    {
      name: (t) => t('image:artifact.docker_plugin'),
      tool: 'docker',
      command: ({ reference }) => `docker plugin install ${reference}`,
    },
  ],
  [
    /^application\/vnd\.docker\.compose\b/,
    {
      name: (t) => t('image:artifact.compose'),
      tool: 'docker',
      command: ({ reference }) => `docker compose -f ${oci(reference)} up`,
    },
  ],
  [
    /^application\/vnd\.ollama\.image\b/,
    {
      name: (t) => t('image:artifact.ollama'),
      tool: 'ollama',
      command: ({ reference, isPlainHttp }) => `ollama pull ${isPlainHttp ? '--insecure ' : ''}${reference}`,
    },
  ],
  [
    /^application\/vnd\.cncf\.model\b/,
    {
      name: (t) => t('image:artifact.model'),
      tool: 'modctl',
      command: ({ reference, isPlainHttp }) => `modctl pull ${isPlainHttp ? '--plain-http ' : ''}${reference}`,
    },
  ],
  [
    /^application\/vnd\.cncf\.flux\b/,
    {
      name: (t) => t('image:artifact.flux'),
      tool: 'flux',
      command: ({ reference, isPlainHttp }) =>
        `flux pull artifact ${oci(reference)} --output .${isPlainHttp ? ' --insecure-registry' : ''}`,
    },
  ],
  [
    /^application\/vnd\.buildkit\.cacheconfig\b/,
    {
      name: (t) => t('image:artifact.build_cache'),
      tool: 'docker',
      command: ({ reference }) => `docker buildx build --cache-from ${cacheSource(reference)} .`,
    },
  ],
  [
    /^application\/vnd\.sylabs\.sif\b/,
    {
      name: (t) => t('image:artifact.sif'),
      tool: 'apptainer',
      command: ({ reference, isPlainHttp }) =>
        `apptainer pull ${isPlainHttp ? '--no-https ' : ''}${withScheme('oras', reference)}`,
    },
  ],
  [
    /^application\/(?:vnd\.wasm\b|wasm\b|vnd\.(?:module|w3c|bytecodealliance)\.wasm\b)/,
    {
      name: (t) => t('image:artifact.wasm'),
      tool: 'oras',
      command: ({ reference, isPlainHttp }) => `oras pull ${isPlainHttp ? '--plain-http ' : ''}${reference}`,
    },
  ],
];

/** @returns undefined for types that no known tool uses. */
export function artifactKind(artifactType: string | null | undefined): ArtifactKind | undefined {
  return KINDS.find(([pattern]) => pattern.test(artifactType ?? ''))?.[1];
}

function oci(reference: string): string {
  return withScheme('oci', reference);
}

/** Puts the scheme inside of the quotes, if there are any. */
function withScheme(scheme: string, reference: string): string {
  return reference.startsWith("'") ? `'${scheme}://${reference.slice(1)}` : `${scheme}://${reference}`;
}

function cacheSource(reference: string): string {
  return reference.startsWith("'") ? `'type=registry,ref=${reference.slice(1)}` : `type=registry,ref=${reference}`;
}
