/**
 * Makes what browsers load: one style sheet (Tabler without the rules no page uses, then ours), one script, one sprite
 * of the icons that templates name. Writes dist/public and dist/assets.json.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { PurgeCSS } from 'purgecss';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = join(ROOT, 'dist', 'public');
const ICONS = join(ROOT, 'node_modules', '@tabler', 'icons', 'icons', 'outline');
const STYLES = [
  'shell/tokens.css',
  'shell/base.css',
  'shell/navigation.css',
  'shell/shell.css',
  'shell/menu.css',
  'shell/page.css',
  'parts/card.css',
  'parts/table.css',
  'parts/marks.css',
  'shell/notices.css',
  'parts/copy.css',
  'shell/forms.css',
  'shell/keyboard.css',
  'accounts.css',
  'parts/browse.css',
  'activity.css',
  'image.css',
  'repositories.css',
  'api-docs.css',
  'space.css',
  'home.css',
  'parts/lists.css',
  'parts/selection.css',
  'search/search.css',
  'search/palette.css',
  'parts/names.css',
  'parts/lean.css',
  'operations.css',
  'shell/print.css',
];
const MAX_CSS_BYTES = 40_000;

async function filesUnder(folder, endings) {
  const entries = await readdir(join(ROOT, folder), { recursive: true }).catch(() => []);
  return entries.filter((name) => endings.some((end) => name.endsWith(end))).map((name) => join(ROOT, folder, name));
}

async function writeHashed(name, ending, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
  const file = `${name}.${hash}.${ending}`;
  await Promise.all([
    writeFile(join(OUT, file), content),
    writeFile(join(OUT, `${file}.br`), brotli(content)),
    writeFile(join(OUT, `${file}.gz`), gzipSync(content, { level: 9 })),
  ]);
  return file;
}

/** As small as it gets: made once, sent for a year. */
function brotli(content) {
  return brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    },
  });
}

/** `url("icon:box")` in a style sheet is that icon, for a mask: rows of long lists need no markup for theirs. */
async function withIcons(css) {
  const names = [...new Set([...css.matchAll(/url\("icon:([a-z0-9-]+)"\)/g)].map(([, name]) => name))];
  const drawn = await Promise.all(
    names.map(async (name) => {
      const svg = (await readFile(join(ICONS, `${name}.svg`), 'utf8')).replace(/<!--[\s\S]*?-->/g, '');
      const lean = svg.replace('stroke-width="2"', 'stroke-width="1.75"').replace(/\s+/g, ' ').trim();
      return [name, `url("data:image/svg+xml,${encodeURIComponent(lean)}")`];
    }),
  );
  return drawn.reduce((text, [name, url]) => text.replaceAll(`url("icon:${name}")`, url), css);
}

async function buildStyles() {
  const tabler = await readFile(join(ROOT, 'node_modules/@tabler/core/dist/css/tabler.min.css'), 'utf8');
  const own = await Promise.all(STYLES.map((name) => readFile(join(ROOT, 'public/css', name), 'utf8')));
  const content = [...(await filesUnder('views', ['.ejs'])), ...(await filesUnder('public/js', ['.js']))];
  const [purged] = await new PurgeCSS().purge({
    content,
    css: [{ raw: tabler }],
    variables: true,
    keyframes: true,
    fontFace: true,
    safelist: { standard: ['html', 'body'], greedy: [/data-bs-theme/] },
  });
  const bundle = await build({
    stdin: { contents: await withIcons(`${purged.css}\n${own.join('\n')}`), loader: 'css' },
    minify: true,
    write: false,
    logLevel: 'error',
    legalComments: 'none',
  });
  const css = Buffer.from(bundle.outputFiles[0].contents);
  const size = gzipSync(css, { level: 9 }).length;
  if (size > MAX_CSS_BYTES) throw new Error(`The style sheet has ${size} bytes compressed; at most ${MAX_CSS_BYTES}.`);
  return writeHashed('app', 'css', css);
}

async function buildScript() {
  const bundle = await build({
    entryPoints: [join(ROOT, 'public/js/app.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2020',
    write: false,
    logLevel: 'error',
  });
  return writeHashed('app', 'js', Buffer.from(bundle.outputFiles[0].contents));
}

/** Names after `icon:` in templates, view models and scripts. */
async function usedIcons() {
  const known = new Set((await readdir(ICONS)).map((name) => name.replace(/\.svg$/, '')));
  const places = [filesUnder('views', ['.ejs']), filesUnder('server/web', ['.ts']), filesUnder('public/js', ['.js'])];
  const files = (await Promise.all(places)).flat();
  const used = new Set();
  for (const file of files) {
    const text = await readFile(file, 'utf8');
    for (const [, value] of text.matchAll(/\bicon:\s*([^,}\n]+)/g)) {
      for (const [, name] of value.matchAll(/'([a-z0-9-]+)'/g)) if (known.has(name)) used.add(name);
    }
  }
  return [...used].sort();
}

async function buildSprite() {
  const symbols = await Promise.all(
    (await usedIcons()).map(async (name) => {
      const svg = await readFile(join(ICONS, `${name}.svg`), 'utf8');
      const shapes = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'));
      return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s+/g, ' ').trim()}</symbol>`;
    }),
  );
  return writeHashed('icons', 'svg', Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`));
}

/**
 * Pages behind links of content and navigation, once a pointer rests on one: browsers that know such rules fetch them
 * ahead, unless their user saves data. Not what is meant to be kept as a file.
 */
const PREFETCH = {
  prefetch: [
    {
      source: 'document',
      where: {
        and: [
          { href_matches: '/*' },
          { selector_matches: 'main a, nav a' },
          {
            not: { selector_matches: '[download], [target], [href*="/-/raw"], [href*="/-/manifest"], [href*="/live"]' },
          },
        ],
      },
      eagerness: 'moderate',
    },
  ],
};

export async function buildAssets() {
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  const icon = await readFile(join(ROOT, 'public/icon.svg'));
  const touch = await readFile(join(ROOT, 'public/touch-icon.png'));
  const [css, js, icons, favicon, touchIcon, prefetch] = await Promise.all([
    buildStyles(),
    buildScript(),
    buildSprite(),
    writeHashed('icon', 'svg', icon),
    writeHashed('touch-icon', 'png', touch),
    writeHashed('prefetch', 'json', Buffer.from(JSON.stringify(PREFETCH))),
  ]);
  const assets = { css, js, icons, favicon, touchIcon, prefetch };
  await writeFile(join(ROOT, 'dist/assets.json'), JSON.stringify(assets));
  return assets;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await buildAssets());
