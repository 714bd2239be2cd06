/**
 * A page of the product, drawn by Express and EJS and nothing else: the same templates and the same model, in memory.
 * It asks the product for the page once, with a layout that keeps what it is given, the means to draw its parts among it.
 */
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ejs from 'ejs';
import express from 'express';
import { createApp } from '../../../server/app/app.ts';
import { loadConfig } from '../../../server/config/load.ts';
import { createLogger } from '../../../server/log.ts';
import { openDatabase } from '../../../server/storage/database.ts';
import { ADMIN_PASSWORD } from '../../support/app.ts';
import { createVisitor, ROOT } from '../../support/web.ts';

const [configFile = '', path = ''] = process.argv.slice(2);

interface Kept {
  readonly locals: object;
  readonly html: string;
}

async function keepPage(root: string): Promise<Kept> {
  const { config } = loadConfig({ file: configFile, env: {}, inContainer: false });
  const opened = await openDatabase({ dataPath: config.data.path, exclusive: false });
  const folder = join(configFile, '..');
  const log = createLogger('silent');
  const where = { configFolder: folder, keyFolder: folder, root, opened, log };
  const app = await createApp({
    config,
    ...where,
    now: Date.now,
    cacheViews: true,
    inContainer: false,
    writeLog: () => undefined,
  });
  const server = createServer(app.listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const visitor = createVisitor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await visitor.signIn('admin', ADMIN_PASSWORD);
  const html = await (await visitor.request(path)).text();
  server.closeAllConnections();
  server.close();
  const { keptLocals } = globalThis as unknown as { keptLocals: object };
  return { locals: keptLocals, html };
}

/** Everything of the product, but its layout tells what it was given before it draws. */
function rootThatKeeps(): string {
  const root = mkdtempSync(join(tmpdir(), 'registry-web-bare-'));
  cpSync(join(ROOT, 'views'), join(root, 'views'), { recursive: true });
  for (const name of ['dist', 'locales', 'public']) symlinkSync(join(ROOT, name), join(root, name));
  const layout = ejs.fileLoader(join(ROOT, 'views/shell/layout.ejs')).toString();
  writeFileSync(join(root, 'views/shell/layout.ejs'), `<% globalThis.keptLocals = locals; %>${layout}`);
  return root;
}

const root = rootThatKeeps();
const { locals, html } = await keepPage(root);
rmSync(root, { recursive: true });
const views = join(ROOT, 'views');
const app = express().disable('x-powered-by').set('views', views).enable('view cache');
const options = { root: views, rmWhitespace: true, cache: true };
app.engine('ejs', (file, data, done) => ejs.renderFile(file, data, options, done));
app.get('/page', (_request, response) => response.render('shell/layout.ejs', locals));
const server = createServer(app).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
process.on('disconnect', () => process.exit(0));
process.send?.({ port: (server.address() as AddressInfo).port, bytes: Buffer.byteLength(html) });
