import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { hostName, isLoopbackName } from '../config/host-name.ts';
import type { OriginOf } from './client-address.ts';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

const YEAR_SECONDS = 31_536_000;

const DIRECTIVES = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ['registry-web'],
};

interface Kind {
  readonly secure: boolean;
  readonly trustworthy: boolean;
}

/** The headers depend only on these two flags, so helmet runs once for each combination. */
function headersFor(kind: Kind): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const recorder = {
    setHeader: (name: string, value: string) => headers.set(name, value),
    removeHeader: (name: string) => headers.delete(name),
  };
  helmetFor(kind)({} as IncomingMessage, recorder as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return headers;
}

function helmetFor({ secure, trustworthy }: Kind): Middleware {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: DIRECTIVES },
    // Browsers ignore these two on plain HTTP off localhost, and log an error about it on every page.
    crossOriginOpenerPolicy: trustworthy ? { policy: 'same-origin' } : false,
    originAgentCluster: trustworthy,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'same-origin' },
    // HSTS over plain HTTP is ignored by browsers now, and could lock people out later.
    strictTransportSecurity: secure ? { maxAge: YEAR_SECONDS, includeSubDomains: true } : false,
    xFrameOptions: { action: 'deny' },
  }) as Middleware;
}

/** Sets Content-Security-Policy and the other headers of helmet. HSTS only on requests over https. */
export function securityHeaders(originOf: OriginOf): Middleware {
  const https = headersFor({ secure: true, trustworthy: true });
  const local = headersFor({ secure: false, trustworthy: true });
  const plain = headersFor({ secure: false, trustworthy: false });
  return (request, response, next) => {
    const { secure, host } = originOf(request);
    // Browsers treat https and localhost as secure, and everything else not.
    for (const [name, value] of secure ? https : isLoopbackName(hostName(host)) ? local : plain)
      response.setHeader(name, value);
    next();
  };
}
