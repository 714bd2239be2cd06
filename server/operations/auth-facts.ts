/** How our tokens are made, as far as whoever repairs a set-up has to know. */
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { publicBaseUrl, tokenRealm } from '../config/public-url.ts';
import type { Layout, Signer } from '../token/signer.ts';
import type { AuthFacts } from './facts.ts';

export interface AuthFactsDeps {
  readonly config: Config;
  /** undefined: `auth.enabled` is false. */
  readonly signer: Pick<Signer, 'status'> | undefined;
  /** Registries check our tokens with a certificate that we hand out. */
  readonly hasCertificate: boolean;
  /** Folder of a key pair of our own. */
  readonly keyFolder: string;
}

/** @param cameBy the address, with the base path, under which whoever asks reached us. */
export function authFacts({ config, signer, hasCertificate, keyFolder }: AuthFactsDeps, cameBy?: string): AuthFacts {
  const { auth } = config.registry;
  const status = signer?.status();
  return {
    ...{ enabled: auth.enabled, service: auth.service, issuer: auth.issuer, hasCertificate },
    realm: tokenRealm(config, cameBy),
    cameBy: cameBy ?? null,
    publicUrl: config.server.public_url === null ? null : publicBaseUrl(config),
    headerMode: status === undefined ? null : headerMode(status.layout),
    certificateExpiresAt: status?.certificateNotAfter ?? null,
    ...(hasCertificate ? pairFiles(auth, keyFolder) : { certificateFile: null, keyFile: null }),
  };
}

function headerMode(layout: Layout): AuthFacts['headerMode'] {
  return layout === 'kid-libtrust' || layout === 'kid-rfc7638' ? layout : 'x5c';
}

/** Our own pair stands beside the configuration; an operator's where it was named. */
function pairFiles(
  auth: Config['registry']['auth'],
  keyFolder: string,
): Pick<AuthFacts, 'certificateFile' | 'keyFile'> {
  if (auth.key !== null) return { certificateFile: auth.cert, keyFile: auth.key };
  return { certificateFile: join(keyFolder, 'auth.cert'), keyFile: join(keyFolder, 'auth.key') };
}
