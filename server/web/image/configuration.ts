import type { ImageConfig } from '../../registry/documents/image-config.ts';
import { type EnvironmentCell, environmentCell, secretParts, type TextPart } from '../parts/secrets.ts';

type Texts = readonly TextPart[];

export interface ConfigurationCells {
  readonly entrypoint: Texts;
  readonly command: Texts;
  readonly user: string;
  readonly workingDir: string;
  readonly ports: string;
  readonly volumes: string;
  readonly stopSignal: string;
  readonly healthcheck: Texts;
  readonly shell: Texts;
  readonly onBuild: Texts;
  readonly author: string;
  readonly environment: readonly EnvironmentCell[];
}

/** True when the configuration sets nothing that is shown. */
export function isEmptyConfiguration(cells: ConfigurationCells): boolean {
  return Object.values(cells).every((each: string | readonly unknown[]) => each.length === 0);
}

/** Lists are written as in a Dockerfile: `["tini", "--"]`. Unset values are empty. */
export function configurationCells({ config, author }: ImageConfig): ConfigurationCells {
  return {
    entrypoint: secretParts(execForm(config.entrypoint)),
    command: secretParts(execForm(config.cmd)),
    user: config.user,
    workingDir: config.workingDir,
    ports: config.exposedPorts.join(', '),
    volumes: config.volumes.join(', '),
    stopSignal: config.stopSignal,
    healthcheck: secretParts(healthcheckText(config)),
    shell: secretParts(execForm(config.shell)),
    onBuild: secretParts(config.onBuild.join('\n')),
    author: author ?? '',
    environment: config.env.map(environmentCell),
  };
}

/** As in a Dockerfile: `--interval=30s --retries=3 CMD curl -f http://localhost/`. */
function healthcheckText({ healthcheck, healthcheckTimes }: ImageConfig['config']): string {
  const [form, ...words] = healthcheck;
  if (form === undefined) return '';
  if (form === 'NONE') return 'NONE';
  const { intervalMs, timeoutMs, startPeriodMs, retries } = healthcheckTimes;
  const times = [
    ...(intervalMs > 0 ? [`--interval=${intervalMs / 1000}s`] : []),
    ...(timeoutMs > 0 ? [`--timeout=${timeoutMs / 1000}s`] : []),
    ...(startPeriodMs > 0 ? [`--start-period=${startPeriodMs / 1000}s`] : []),
    ...(retries > 0 ? [`--retries=${retries}`] : []),
  ];
  const command = form === 'CMD-SHELL' ? words.join(' ') : execForm(form === 'CMD' ? words : healthcheck);
  return [...times, 'CMD', command].join(' ');
}

function execForm(words: readonly string[]): string {
  return words.length === 0 ? '' : `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}
