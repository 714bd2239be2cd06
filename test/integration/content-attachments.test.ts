/** Signatures, SBOMs and attestations as the pages of their images show them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { imageView } from '../../server/web/image/image-view.ts';
import { readFilters } from '../../server/web/parts/list-filters.ts';
import { repositoryView } from '../../server/web/repositories/repository.ts';
import { readView } from '../../server/web/repositories/tag-views.ts';
import { startCatalog } from '../support/app/catalog.ts';
import { renderPage, testPage } from '../support/app/render.ts';
import { headFor } from '../support/data/repository-head.ts';
import * as samples from '../support/registry/documents.ts';
import {
  type Part,
  type Pushed,
  pushArtifact,
  pushCosignSignature,
  pushImageOf,
  TYPES,
} from '../support/registry/images.ts';
import { registrySkip } from '../support/registry/registry.ts';

const skip = await registrySkip('3.1.1');
let catalog: Awaited<ReturnType<typeof startCatalog>>;
before(async () => {
  if (!skip) catalog = await startCatalog();
});
after(() => catalog?.stop());

const order = { sort: 'pushed', direction: 'desc', after: '' } as const;

/** The list of a repository, as text without its elements. */
async function listOf(name: string, query: Record<string, string> = {}): Promise<string> {
  const repository = await catalog.repository(name);
  assert.ok(repository);
  const page = testPage({ query });
  const view = readView(page);
  const { id } = repository;
  const state = view === 'untagged' || view === 'referrer' ? view : 'tagged';
  const asked = { ...order, limit: 50, filter: '' };
  const found = await (view === 'flat' ? catalog.tags.flat(id, asked) : catalog.tags.groups(id, { ...asked, state }));
  const shown = repositoryView({
    ...{ page, repository, head: headFor(page), found },
    referrers: await catalog.tags.countReferrers(id),
    asked: { ...order, filters: readFilters(page), view },
  });
  return textOf(await renderPage(page, 'repositories/repository', shown));
}

function textOf(html: string): string {
  return html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
}

const cosignTag = (subject: Pushed, suffix: string) => `${subject.digest.replace(':', '-')}.${suffix}`;

function pushCosign(repository: string, subject: Pushed, suffix: 'att' | 'sbom', layer: Part): Promise<Pushed> {
  const config = { mediaType: TYPES.config, content: '{"architecture":"","os":"","config":{}}' };
  return pushArtifact(catalog.url, repository, cosignTag(subject, suffix), { config, layers: [layer] });
}

const DSSE = 'application/vnd.dsse.envelope.v1+json';

test('cosign tags stand indented under their image, and in words on its tags', { skip }, async () => {
  const { url, indexer, db } = catalog;
  const image = await pushImageOf(url, 'attached/cosign', 'v12.5.0');
  const signature = await pushCosignSignature(url, 'attached/cosign', image.digest);
  const predicateType = 'https://slsa.dev/provenance/v1';
  const annotations = { predicateType };
  await pushCosign('attached/cosign', image, 'att', { mediaType: DSSE, content: '{}', annotations });
  await pushCosign('attached/cosign', image, 'sbom', { mediaType: 'text/spdx', content: 'SPDXVersion: SPDX-2.3' });
  await indexer.refreshRepository('attached/cosign');
  const pushed = { pushed_by: 'release-bot' };
  await db.updateTable('held_manifests').set(pushed).where('digest', '=', signature.digest).execute();

  const grouped = await listOf('attached/cosign');
  assert.match(grouped, /v12\.5\.0 Signature · v12\.5\.0 · by release-bot SBOM · v12\.5\.0 Provenance · v12\.5\.0 /);
  assert.match(grouped, / signed SBOM provenance /);
  assert.match(await listOf('attached/cosign', { view: 'flat' }), / signed SBOM provenance /);
  const attached = await listOf('attached/cosign', { view: 'referrer' });
  for (const kind of ['Signature', 'SBOM', 'Provenance']) assert.match(attached, new RegExp(`${kind} · v12\\.5\\.0`));
  assert.match(attached, /v12\.5\.0 sha256/, 'the image stands once above them');
});

test('an attestation without a named predicate is told by its content, once somebody looked at it', {
  skip,
}, async () => {
  const { url, indexer, documents, images } = catalog;
  const image = await pushImageOf(url, 'attached/old', 'v1', { layers: ['old'] });
  const payload = Buffer.from(JSON.stringify(samples.PROVENANCE_1)).toString('base64');
  const envelope = { payloadType: 'application/vnd.in-toto+json', payload, signatures: [{ sig: 'AA==' }] };
  const layer = { mediaType: DSSE, content: JSON.stringify(envelope) };
  const attestation = await pushCosign('attached/old', image, 'att', layer);
  await indexer.refreshRepository('attached/old');
  const before = await listOf('attached/old');
  assert.match(before, /v1 Attestation · v1 /);
  assert.doesNotMatch(before, /provenance/);
  await documents.read(
    'attached/old',
    (await images.partsOf('attached/old', [attestation.digest])).get(attestation.digest) ?? [],
  );
  assert.match(await listOf('attached/old'), /v1 Provenance · v1 .* provenance /);
});

test('untagged images have their attachments under them, the fourth and more by a link', { skip }, async () => {
  const { url, indexer } = catalog;
  const image = await pushImageOf(url, 'attached/lost', 'v1', { layers: ['lost'] });
  const subject = { mediaType: image.mediaType, digest: image.digest, size: image.raw.length };
  for (const content of ['1', '2', '3', '4', '5'])
    await pushArtifact(url, 'attached/lost', `sbom-${content}`, {
      layers: [{ mediaType: 'application/spdx+json', content }],
      manifest: { artifactType: 'application/spdx+json', subject },
    });
  await indexer.refreshRepository('attached/lost');
  await pushImageOf(url, 'attached/lost', 'v1', { layers: ['next'] });
  await indexer.refreshRepository('attached/lost');
  const short = image.digest.slice(0, 15);
  const lines = `${short} (SBOM · ${short} ){3}2 more attachments `;
  assert.match(await listOf('attached/lost', { view: 'untagged' }), new RegExp(lines));
});

/** The page of an image, as text and as HTML. */
async function imagePage(repository: string, reference: string) {
  const detail = await catalog.images.detail(repository, reference);
  assert.ok(detail);
  const page = testPage();
  const tag = reference.startsWith('sha256:') ? null : reference;
  const view = imageView({ page, host: 'r.example.com', tag, detail, notices: [], deleteNote: '' });
  return renderPage(page, 'image/image', view);
}

test('a repository with signatures alone says so, and links to no image that is not there', { skip }, async () => {
  const { url, indexer } = catalog;
  const elsewhere = `sha256:${'e'.repeat(64)}`;
  const signature = await pushCosignSignature(url, 'attached/alone', elsewhere);
  await indexer.refreshRepository('attached/alone');
  const only = /No images here, only signatures and attachments of images in other repositories/;
  assert.match(await listOf('attached/alone'), only);
  assert.match(await listOf('attached/alone', { view: 'referrer' }), /Signature · sha256:eeeeeeee/);
  const html = await imagePage('attached/alone', signature.digest);
  assert.match(textOf(html), /Refers to sha256:eeeeeeee not in this repository/);
  assert.doesNotMatch(html, /href="[^"]*@sha256:eeee/);
});

test('a subject in the same repository has its link', { skip }, async () => {
  const { url, indexer } = catalog;
  const image = await pushImageOf(url, 'attached/both', 'v1', { layers: ['both'] });
  const signature = await pushCosignSignature(url, 'attached/both', image.digest);
  await indexer.refreshRepository('attached/both');
  const html = await imagePage('attached/both', signature.digest);
  assert.ok(html.includes(`@${image.digest}"`));
  assert.doesNotMatch(html, /not in this repository/);
});

test('content that the registry lacks is asked for once, and again an hour later', { skip }, async () => {
  const { url, indexer, documents, images, state } = catalog;
  const content = JSON.stringify(samples.SPDX);
  const layers = [{ mediaType: 'application/spdx+json', content }];
  const sbom = await pushArtifact(url, 'attached/lacks', 'v1', { layers });
  await indexer.refreshRepository('attached/lacks');
  const parts = (await images.partsOf('attached/lacks', [sbom.digest])).get(sbom.digest) ?? [];
  const gone = await fetch(`${url}/v2/attached/lacks/blobs/${parts[0]?.digest}`, { method: 'DELETE' });
  assert.equal(gone.status, 202);
  const look = async () => {
    state.asked.length = 0;
    const [read] = await documents.read('attached/lacks', parts);
    await documents.glance('attached/lacks', parts);
    return [read?.problem, read?.document?.kind, state.asked.length];
  };
  assert.deepEqual(await look(), ['missing', undefined, 1]);
  assert.deepEqual(await look(), ['missing', undefined, 0]);
  state.clock += 3600_000 + 1;
  await pushArtifact(url, 'attached/lacks', 'v1', { layers });
  assert.deepEqual(await look(), [null, 'sbom', 1]);
});
