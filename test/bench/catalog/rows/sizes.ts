/** How much HTML a page is, and how much of it is sent to a browser. */
import type { Line } from '../../lines.ts';
import { ask } from '../ask.ts';
import type { Stage } from '../stages.ts';
import { comparedPages } from './render.ts';

const MAX_RAW_KILOBYTES = 45;
const MAX_SENT_KILOBYTES = 12;
const BROWSER = 'gzip, deflate, br, zstd';

export async function sizeRows(stage: Stage): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const [name, path] of Object.entries(comparedPages(stage))) {
    const url = stage.server.app.url + path;
    const raw = await bodyOf(url, { cookie: stage.admin });
    const sent = await bodyOf(url, { cookie: stage.admin, 'accept-encoding': BROWSER });
    lines.push({
      what: `HTML of ${name}`,
      measured: `${kilobytes(raw).toFixed(1)} kB, sent ${kilobytes(sent).toFixed(1)} kB (${sent.encoding})`,
      goal: `below ${MAX_RAW_KILOBYTES} kB, sent below ${MAX_SENT_KILOBYTES} kB`,
      isMet: kilobytes(raw) < MAX_RAW_KILOBYTES && kilobytes(sent) < MAX_SENT_KILOBYTES,
    });
  }
  return lines;
}

interface Body {
  readonly bytes: number;
  readonly encoding: string;
}

const kilobytes = ({ bytes }: Body) => bytes / 1000;

async function bodyOf(url: string, headers: Record<string, string>): Promise<Body> {
  const answer = await ask(url, headers);
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return { bytes: answer.body.length, encoding: answer.headers['content-encoding'] ?? 'as it is' };
}
