/** Envelopes as registries send them. */
import { randomUUID } from 'node:crypto';

export const EVENTS_V1 = 'application/vnd.docker.distribution.events.v1+json';
export const EVENTS_V2 = 'application/vnd.docker.distribution.events.v2+json';

export interface EventOptions {
  readonly id?: string;
  readonly action?: string;
  readonly repository?: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
  readonly mediaType?: string;
  readonly url?: string;
  readonly actor?: string;
  readonly address?: string;
  readonly method?: string;
  readonly userAgent?: string;
  readonly timestamp?: string;
  readonly instanceId?: string;
}

export function anEvent(options: EventOptions = {}): Record<string, unknown> {
  return {
    id: options.id ?? randomUUID(),
    timestamp: options.timestamp ?? new Date().toISOString(),
    action: options.action ?? 'push',
    target: {
      mediaType: options.mediaType ?? 'application/vnd.oci.image.manifest.v1+json',
      digest: options.digest ?? `sha256:${'a'.repeat(64)}`,
      size: 1234,
      repository: options.repository ?? 'team/app',
      url: options.url ?? 'http://registry:5000/v2/team/app/manifests/x',
      ...(options.tag === undefined ? {} : { tag: options.tag }),
    },
    request: {
      id: randomUUID(),
      addr: options.address ?? '192.0.2.7:43210',
      host: 'registry:5000',
      method: options.method ?? 'PUT',
      useragent: options.userAgent ?? 'docker/27.0',
    },
    actor: options.actor === '' ? {} : { name: options.actor ?? 'ann' },
    source: { addr: 'registry:5000', instanceID: options.instanceId ?? 'one' },
  };
}

export function anEnvelope(...events: readonly unknown[]): string {
  return JSON.stringify({ events }, null, 3);
}
