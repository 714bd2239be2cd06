import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { type Encoding, encodingFor } from './compress.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  // The only JSON files are speculation rules.
  '.json': 'application/speculationrules+json',
};
const ENDINGS: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' };

interface StaticFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly smaller: Readonly<Partial<Record<Encoding, Buffer>>>;
}

/**
 * Serves the built files from memory. File names contain a hash of the content, so browsers cache them forever.
 * Compressed variants were made by the build.
 * @param folder Files `x.css` with `x.css.br` and `x.css.gz` beside them.
 */
export function createStaticFiles(folder: string) {
  const files = new Map<string, StaticFile>();

  function read(name: string): StaticFile | undefined {
    const names = new Set(readdirSync(folder));
    const type = TYPES[extname(name)];
    if (type === undefined || !names.has(name)) return undefined;
    const smaller: Partial<Record<Encoding, Buffer>> = {};
    for (const [encoding, ending] of Object.entries(ENDINGS) as [Encoding, string][]) {
      if (names.has(name + ending)) smaller[encoding] = readFileSync(join(folder, name + ending));
    }
    return { type, plain: readFileSync(join(folder, name)), smaller };
  }

  /** Reads a file when it is first asked for: in development the build adds files while the server runs. */
  function find(name: string): StaticFile | undefined {
    const known = files.get(name);
    if (known !== undefined) return known;
    const found = /^[\w-]+(\.[\w-]+)+$/.test(name) ? read(name) : undefined;
    if (found !== undefined) files.set(name, found);
    return found;
  }

  return (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const name = (request.url ?? '').slice(1).split('?')[0] ?? '';
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    const file = isReading ? find(name) : undefined;
    if (file === undefined) return next();
    const encoding = encodingFor(request.headers['accept-encoding']?.toString());
    const small = encoding && file.smaller[encoding];
    const body = small ?? file.plain;
    response.writeHead(200, {
      'Content-Type': file.type,
      'Content-Length': body.length,
      'Cache-Control': 'public, max-age=31536000, immutable',
      Vary: 'Accept-Encoding',
      ...(small === undefined ? {} : { 'Content-Encoding': encoding }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}
