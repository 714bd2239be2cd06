/** The file with which the registry checks our tokens, and where its configuration looks for it. */

export const TRUST_FILES = { certificate: 'registry-web.pem', jwks: 'registry-web.jwks.json' } as const;

export interface TrustChoice {
  readonly trust: keyof typeof TRUST_FILES;
  /** The folder of the registry's configuration. */
  readonly folder: string;
}

/** The folder of the configuration in the registry's own image. */
export function defaultFolder(version: 2 | 3): string {
  return version === 3 ? '/etc/distribution' : '/etc/docker/registry';
}

export function trustPath({ folder, trust }: TrustChoice): string {
  return `${folder.replace(/\/+$/, '')}/${TRUST_FILES[trust]}`;
}
