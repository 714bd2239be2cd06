/** What people do: a client in a shell, a browser on the pages. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeImageLayout } from '../../clients/sample.ts';
import { createShell, type Outcome, type Shell } from '../../clients/shell.ts';
import { CLIENTS, type Place } from '../../clients/table.ts';
import { requireTools } from '../process/tools.ts';
import type { Person } from './app.ts';
import { createVisitor, type Visitor } from './web.ts';

const found = CLIENTS.find(({ tool }) => tool === 'skopeo');
if (found === undefined) throw new Error('No skopeo in the table of clients');
const skopeo = found;

export interface ClientUser {
  readonly login: () => Promise<Outcome>;
  readonly push: (repository: string) => Promise<Outcome>;
  readonly pull: (repository: string) => Promise<Outcome>;
}

/** Gives everybody who asks a client of their own; all of them push the same image, as `v1`. */
export async function createClients(host: string, folder: string) {
  const layout = join(folder, 'layout');
  await writeImageLayout(layout, folder);
  const { skip, paths } = await requireTools('skopeo');
  if (skip !== false) throw new Error(skip);
  const place: Place = { host, layout, folder };
  return async ({ username, password }: Pick<Person, 'username' | 'password'>): Promise<ClientUser> => {
    const shell: Shell = await createShell(paths.skopeo, folder, username);
    return {
      login: () => skopeo.login(shell, place, username, password),
      push: (repository) => skopeo.push(shell, place, repository),
      pull: (repository) => skopeo.pull(shell, place, repository),
    };
  };
}

export function assertWorked({ ok, command, text }: Outcome): void {
  assert.ok(ok, `${command}\n${text}`);
}

export function assertFailed({ ok, command, text }: Outcome, reason: RegExp): void {
  assert.equal(ok, false, `${command} worked`);
  assert.match(text, reason, command);
}

/** A browser that has signed in. */
export async function browserOf(
  url: string,
  { username, password }: Pick<Person, 'username' | 'password'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Visitor> {
  const visitor = createVisitor(url, headers);
  const response = await visitor.signIn(username, password);
  assert.equal(response.status, 303, await response.text());
  return visitor;
}

export async function pageText(visitor: Visitor, path: string): Promise<string> {
  const response = await visitor.request(path);
  const html = await response.text();
  assert.equal(response.status, 200, `${path}: ${html}`);
  return html;
}

/** Fills in the page of the deletion. @returns the path of its undo. */
export async function deleteByPage(visitor: Visitor, reference: string): Promise<string> {
  const path = `/repositories/${reference}/-/delete`;
  const digest = /name="digest" value="([^"]+)"/.exec(await pageText(visitor, path))?.[1] ?? '';
  const response = await visitor.post(path, { digest, manifest: 'yes' });
  assert.equal(response.status, 303, await response.text());
  const undo = /\?undo=(\d+)/.exec(response.headers.get('location') ?? '')?.[1];
  assert.ok(undo, 'no way back offered');
  return `/trash/${undo}/restore`;
}
