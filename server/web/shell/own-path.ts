const OWN = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/;

/**
 * A path of ours that is safe in `Location`, or undefined: nothing that leads to another host, however it is written.
 * Checked again after normalizing, because `/x/..//host` becomes `//host`.
 */
export function ownPath(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 2000 || !OWN.test(text) || !URL.canParse(text, 'http://own.invalid')) {
    return undefined;
  }
  const url = new URL(text, 'http://own.invalid');
  const path = `${url.pathname}${url.search}`;
  return url.origin === 'http://own.invalid' && OWN.test(path) ? path : undefined;
}
