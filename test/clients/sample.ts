/** A small image and a small artifact as OCI layouts, so that no client needs the network. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const BLOCK = 512;

/** A tar archive with one file. */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * BLOCK)]);
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const digestOf = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

async function addBlob(folder: string, mediaType: string, content: Buffer): Promise<Descriptor> {
  const digest = digestOf(content);
  await writeFile(join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length)), content);
  return { mediaType, digest, size: content.length };
}

const asJson = (value: unknown) => Buffer.from(JSON.stringify(value));

async function writeLayout(folder: string, config: readonly [string, Buffer], layer: readonly [string, Buffer]) {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = asJson({
    schemaVersion: 2,
    mediaType,
    config: await addBlob(folder, ...config),
    layers: [await addBlob(folder, ...layer)],
  });
  const descriptor = await addBlob(folder, mediaType, manifest);
  const annotations = { 'org.opencontainers.image.ref.name': 'v1' };
  await writeFile(join(folder, 'oci-layout'), asJson({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(folder, 'index.json'),
    asJson({ schemaVersion: 2, manifests: [{ ...descriptor, annotations }] }),
  );
}

/** @param mark makes the image different from every other. */
export async function writeImageLayout(folder: string, mark: string): Promise<void> {
  const tar = tarOf('mark.txt', Buffer.from(mark));
  const config = asJson({
    architecture: 'amd64',
    os: 'linux',
    created: '2026-01-02T03:04:05Z',
    config: {
      Labels: { mark },
      WorkingDir: '/srv',
      Env: ['PATH=/usr/bin', `DB_PASSWORD=of-${mark}`],
      Cmd: ['/bin/true'],
    },
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    history: [{ created: '2026-01-02T03:04:05Z', created_by: 'COPY mark.txt / # buildkit' }],
  });
  await writeLayout(
    folder,
    ['application/vnd.oci.image.config.v1+json', config],
    ['application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(tar)],
  );
}

export async function writeChart(folder: string, name: string): Promise<void> {
  await mkdir(join(folder, 'templates'), { recursive: true });
  await writeFile(join(folder, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 1.0.0\ndescription: a chart\n`);
  await writeFile(join(folder, 'templates', 'map.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
}
