import type { ImageConfig } from '../../registry/image-config.ts';
import { type EnvironmentCell, environmentCell } from './secrets.ts';

export interface ConfigurationCells {
  readonly entrypoint: string;
  readonly command: string;
  readonly user: string;
  readonly workingDir: string;
  readonly ports: string;
  readonly volumes: string;
  readonly stopSignal: string;
  readonly healthcheck: string;
  readonly author: string;
  readonly environment: readonly EnvironmentCell[];
}

/** An image may have a configuration that sets nothing: there is nothing to show then. */
export function isEmptyConfiguration({ environment, ...texts }: ConfigurationCells): boolean {
  return environment.length === 0 && Object.values(texts).every((text) => text === '');
}

/** Lists are shown as they stand in a Dockerfile: `["tini", "--"]`. What is not set is ''. */
export function configurationCells({ config, author }: ImageConfig): ConfigurationCells {
  return {
    entrypoint: execForm(config.entrypoint),
    command: execForm(config.cmd),
    user: config.user,
    workingDir: config.workingDir,
    ports: config.exposedPorts.join(', '),
    volumes: config.volumes.join(', '),
    stopSignal: config.stopSignal,
    healthcheck: execForm(config.healthcheck),
    author: author ?? '',
    environment: config.env.map(environmentCell),
  };
}

function execForm(words: readonly string[]): string {
  return words.length === 0 ? '' : `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}
