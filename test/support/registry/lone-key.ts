import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../process/tmp.ts';
import { run } from '../process/tools.ts';

/** A key and its certificate by the very command that the old guides print. */
export async function makeLoneKey(): Promise<{ readonly keyPem: string; readonly certPem: string }> {
  const folder = await temporaryFolder('key');
  const key = join(folder.path, 'auth.key');
  const cert = join(folder.path, 'auth.cert');
  const subject = ['-subj', '/CN=registry-web'];
  try {
    await run('openssl', [
      'req',
      '-new',
      '-newkey',
      'rsa:4096',
      '-days',
      '365',
      '-nodes',
      '-x509',
      ...subject,
      '-keyout',
      key,
      '-out',
      cert,
    ]);
    return { keyPem: await readFile(key, 'utf8'), certPem: await readFile(cert, 'utf8') };
  } finally {
    await folder.remove();
  }
}
