/** /connect: helps to set up an existing registry. */
import type { Response } from 'express';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { LoadStatusFacts, StatusFacts } from '../../operations/facts.ts';
import { plainHttpView } from '../parts/plain-http.ts';
import type { RegistryReach } from '../parts/reach.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { hasVersion, readChoice, restoreChoice } from './connect-choice.ts';
import { registryLines } from './connect-lines.ts';
import { mergedConfiguration } from './connect-merge.ts';
import {
  askedVersion,
  type ConnectSettings,
  connectChoice,
  connectFacts,
  connectView,
  type MergeView,
  withSecret,
} from './connect-view.ts';

export interface ConnectPageDeps {
  readonly statusFacts: LoadStatusFacts;
  /** @param cameBy address, with the base path, under which the request reached us. */
  readonly settings: (cameBy: string) => ConnectSettings;
  readonly reach: RegistryReach;
  /** Reads one manifest, so that the registry sends an event, and waits for it. */
  readonly triggerEvent: () => Promise<TestEvent>;
}

/** `nothing`: there is no image to read. `silent`: an image was read, but no event arrived in time. */
export type TestEvent = 'arrived' | 'silent' | 'nothing';

const MAX_FILE_LENGTH = 200_000;
const mergeForm = z.strictObject({
  given: z.string().min(1, 'form.required').max(MAX_FILE_LENGTH, 'form.too_long'),
  download: z.string().optional(),
});

export function connectPage(deps: ConnectPageDeps): PageModule {
  const { statusFacts, settings, reach, triggerEvent } = deps;

  async function show(page: Page, merge?: MergeView, code = 200, known?: StatusFacts): Promise<void> {
    const [status, current] = [known ?? (await statusFacts(page.cameBy)), settings(page.cameBy)];
    const plainHttp = plainHttpView({ reach, realm: current.realm, page });
    const view = connectView({ page, settings: current, status, plainHttp, ...(merge && { merge }) });
    await page.render('operations/connect', view, code);
  }

  /** Asks the registry, which may take seconds, only when the address names no version. */
  async function chosen(page: Page) {
    const current = settings(page.cameBy);
    const status = askedVersion(page) === null ? await statusFacts(page.cameBy) : undefined;
    const choice = connectChoice(page, status?.registry.line ?? null, current.caPem !== undefined);
    return { status, choice, current, facts: connectFacts(page, current, choice.runs) };
  }

  async function merge(page: Page, response: Response): Promise<void> {
    const form = page.parseForm(mergeForm);
    const given = typeof page.body['given'] === 'string' ? page.body['given'].slice(0, MAX_FILE_LENGTH) : '';
    if (!form.ok) return show(page, { given, merged: null, error: form.errors['given'] ?? '' }, 422);
    const { status, choice, current, facts } = await chosen(page);
    try {
      const merged = mergedConfiguration(form.values.given, withSecret(facts, current), choice);
      if (form.values.download !== undefined) return sendFile(response, 'config.yml', merged);
      return show(page, { given, merged, error: '' }, 200, status);
    } catch (error) {
      const errors = page.fieldErrors(error);
      return show(page, { given, merged: null, error: errors[''] ?? '' }, 422, status);
    }
  }

  /** Without a choice in the address the last one is restored; a choice in the address is remembered. */
  async function open(page: Page): Promise<void> {
    const chosen = readChoice(page);
    if (chosen !== '') page.keepChoice('connect', chosen);
    const kept = chosen === '' ? page.choice('connect') : '';
    const status = hasVersion(kept) ? await statusFacts(page.cameBy) : undefined;
    const query = restoreChoice(page, kept, status?.registry.line ?? null);
    if (query === undefined) await show(page, undefined, 200, status);
    else page.redirect(`/connect${query}`);
  }

  return (routes) => {
    routes.get('/connect', 'admin', open);
    routes.get('/connect/download', 'admin', async (page, _request, response) => {
      const { choice, facts } = await chosen(page);
      const name = page.query('file');
      const found = registryLines(facts, choice).find(({ file }) => file?.split('/').at(-1) === name);
      if (found === undefined) throw new AppError('NOT_FOUND', 'There is no such file.', { key: 'page.missing' });
      sendFile(response, name, found.text);
    });
    routes.get('/connect/merge', 'admin', (page) => page.redirect('/connect'));
    routes.post('/connect/merge', 'admin', (page, _request, response) => merge(page, response), { size: 'long' });
    routes.post('/connect/try', 'admin', async (page) => {
      const outcome = await triggerEvent().catch(() => 'failed' as const);
      const key = {
        ...{ arrived: 'operations:connect.try.arrived', silent: 'operations:connect.try.silent' },
        ...{ nothing: 'operations:connect.try.nothing', failed: 'operations:connect.try.failed' },
      }[outcome];
      page.redirect(`/connect${queryOf(page.path)}`, { key });
    });
  };
}

function queryOf(path: string): string {
  const start = path.indexOf('?');
  return start < 0 ? '' : path.slice(start);
}

function sendFile(response: Response, name: string, text: string): void {
  response
    .status(200)
    .set('Cache-Control', 'no-store')
    .set('Content-Disposition', `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}"`)
    .type('text/plain; charset=utf-8')
    .send(text);
}
