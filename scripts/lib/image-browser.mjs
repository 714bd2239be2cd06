/** A kept connection may have been closed by a server that was started anew meanwhile: then once more, over a new one. */
async function answered(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (!['ECONNRESET', 'UND_ERR_SOCKET'].includes(error.cause?.code)) throw error;
    return fetch(url, options);
  }
}

/** Just enough of a browser: cookies, and forms with their hidden fields. */
export function createBrowser(origin) {
  const cookies = new Map();

  async function request(path, options = {}) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...options.headers, ...(cookie ? { cookie } : {}), origin, 'accept-language': 'en' };
    const response = await answered(new URL(path, origin), { ...options, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const next = response.headers.get('location');
    if (next !== null && response.status >= 300 && response.status < 400)
      return request(new URL(next, response.url || origin));
    return { status: response.status, url: response.url, text: await response.text() };
  }

  /** Opens the page and sends its form with these values, each a text or several. */
  async function submit(path, values, action = path) {
    const { text } = await request(path);
    const token = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    const body = new URLSearchParams({ _csrf: token });
    for (const [name, value] of Object.entries(values)) for (const one of [value].flat()) body.append(name, one);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return request(action, { method: 'POST', body: body.toString(), headers });
  }

  return { get: (path) => request(path), submit };
}
