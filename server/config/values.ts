import { isIP } from 'node:net';
import { Cron } from 'croner';
import { z } from 'zod';

const UNIT_SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** `900`, `15m`, `2h` → seconds. */
export const duration = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^(\d+)(s|m|h|d|)$/.exec(String(value).trim());
  const unit = match === null ? undefined : UNIT_SECONDS[match[2] ?? ''];
  if (match === null || unit === undefined) {
    context.addIssue({ code: 'custom', message: 'must be a duration such as 15m, 1h or 900 (seconds)' });
    return z.NEVER;
  }
  return Number(match[1]) * unit;
});

/** A cron expression; `off` → null. */
export const cronSchedule = z.string().transform((text, context) => {
  const expression = text.trim();
  if (/^off$/i.test(expression)) return null;
  if (isCron(expression)) return expression;
  context.addIssue({ code: 'custom', message: 'must be a cron expression such as 0 3 * * *, or off' });
  return z.NEVER;
});

function isCron(expression: string): boolean {
  try {
    // Valid, and it has a next date.
    return new Cron(expression).nextRun() !== null;
  } catch {
    return false;
  }
}

function parseHttpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

const httpUrl = (strip: RegExp) =>
  z.string().transform((text, context) => {
    const url = parseHttpUrl(text.trim());
    if (url === undefined || url.username !== '' || url.search !== '' || url.hash !== '') {
      context.addIssue({
        code: 'custom',
        message: 'must be an address such as http://registry:5000, without user or query',
      });
      return z.NEVER;
    }
    return url.href.replace(strip, '');
  });

/** Without `/v2` and trailing slashes. */
export const registryUrl = httpUrl(/(\/v2)?\/*$/);
export const baseUrl = httpUrl(/\/*$/);

/** `''` or `/x/y`: a leading slash, no trailing one. */
export const basePath = z.string().transform((text, context) => {
  const path = `/${text.trim().replace(/^\/+|\/+$/g, '')}`;
  if (path === '/') return '';
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(path)) {
    context.addIssue({ code: 'custom', message: 'must be a path such as /registry' });
    return z.NEVER;
  }
  return path;
});

/** A host name without a port. */
export const hostName = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/,
    'must be a host name such as registry.example.com, without http:// and port',
  );

/** An IP address or CIDR block. "All proxies" is refused, because every client could then forge its address. */
export const proxyAddress = z.string().refine(isNetwork, 'must be an IP address or a CIDR block such as 10.0.0.0/8');

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  const most = version === 4 ? 32 : 128;
  return /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most;
}
