/** The people of the walks, on the pages: the first admin, and users with roles. */
import { createBrowser } from './image-browser.mjs';
import { expect } from './image-steps.mjs';

export const ADMIN_PASSWORD = 'image-test-password-1';

export async function signIn(origin, username, password) {
  const browser = createBrowser(origin);
  const { status, url, text } = await browser.submit('/login', { username, password, next: '/' });
  expect(status === 200 && !new URL(url).pathname.endsWith('/login'), `${username} cannot sign in: ${plain(text)}`);
  return browser;
}

/** As a person comes in for the first time from another machine: admin / admin, then the code that the log shows. */
export async function setUpAdmin(origin, code) {
  const browser = await signIn(origin, 'admin', 'admin');
  const password = { password: ADMIN_PASSWORD, repeated: ADMIN_PASSWORD };
  const refused = await browser.submit('/setup-password', { code: 'AAAA-AAAA-AAAA-AAAA', ...password });
  expect(refused.status === 422, `a wrong one-time code: ${refused.status} ${plain(refused.text)}`);
  const { status, url, text } = await browser.submit('/setup-password', { code, ...password });
  expect(status === 200 && new URL(url).pathname === '/', `the one-time code ${code}: ${plain(text)}`);
  return browser;
}

export async function addUser(admin, username, password, roles) {
  const { text } = await admin.get('/users/-/new');
  const choices = [...text.matchAll(/name="role_id" value="(\d+)"[^>]*><span><span class="name">([^<]+)</g)];
  const ids = choices.filter(([, , name]) => roles.includes(name)).map(([, id]) => id);
  expect(ids.length === roles.length, `the roles offered: ${choices.map(([, , name]) => name).join(' ')}`);
  const answer = await admin.submit('/users/-/new', { username, password, role_id: ids }, '/users');
  expect(answer.url.endsWith(`/users/${username}`), `${username} is not created: ${plain(answer.text)}`);
}

/** What a person reads of the page, shortened for a message. */
export function plain(html) {
  const main = html.slice(Math.max(0, html.indexOf('<main')));
  return main
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .slice(0, 500);
}
