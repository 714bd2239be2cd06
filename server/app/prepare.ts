import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { tokenRealm } from '../config/public-url.ts';
import { errorText, StartError } from '../errors.ts';
import { managedConfiguration } from '../registry/managed/managed-config.ts';
import { writeAtomically } from '../token/write-file.ts';

export interface RegistrySetup {
  /** `registry.setup.folder`: mounted by the registry under the same path. */
  readonly folder: string;
  readonly config: Config;
  /** CA certificate for verifying our tokens; undefined when the operator's key came without one. */
  readonly caPem: string | undefined;
  /** Secret that the registry sends with each notification. */
  readonly secret: string;
}

/**
 * Writes config.yml and auth.cert for a registry that another container starts after us. The operator's changes to
 * config.yml are kept; only what has to agree with us is set again. The file contains the notification secret, so only
 * we, root (as which the stock image runs) and the file's group may read it; the setgid bit of the folder chooses that
 * group.
 * @throws {StartError} when the folder cannot be written or there is no certificate.
 */
export function prepareRegistryConfig({ folder, config, caPem, secret }: RegistrySetup): void {
  if (caPem === undefined) {
    throw new StartError(['registry.setup.folder needs the certificate of registry.auth.key: set registry.auth.cert.']);
  }
  const file = join(folder, 'config.yml');
  const bundle = join(folder, 'auth.cert');
  try {
    mkdirSync(folder, { recursive: true });
    const template = existsSync(file) ? readFileSync(file, 'utf8') : TEMPLATE;
    const content = managedConfiguration(template, file, facts(config, bundle, secret));
    writeAtomically(bundle, caPem, 0o600);
    writeAtomically(file, content, 0o600);
    // The registry may run as another user, who must be able to read these files in spite of our umask.
    chmodSync(bundle, 0o644);
    chmodSync(file, 0o640);
  } catch (error) {
    if (error instanceof StartError) throw error;
    const who = `user ${process.getuid?.() ?? ''}`.trim();
    throw new StartError([`registry.setup.folder: ${errorText(error)}. Make ${folder} writable for ${who}.`]);
  }
}

const TEMPLATE = 'storage: { filesystem: {}, cache: { blobdescriptor: inmemory } }';

function facts(config: Config, rootCertBundle: string, secret: string) {
  const { auth, setup } = config.registry;
  return {
    listen: ':5000',
    dataPath: '/var/lib',
    auth: { realm: tokenRealm(config), service: auth.service, issuer: auth.issuer, rootCertBundle },
    notifications: { url: `${setup.own_url}${config.server.base_path}/api/notification`, secret },
  };
}
