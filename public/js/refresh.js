/**
 * Fetches the current page again and replaces <main>. Focus, open menus and scroll position are kept.
 */
import { rowMenus } from './row-menus.js';

const policy = window.trustedTypes?.createPolicy('registry-web', { createHTML: (text) => text });
const SCROLLED_PX = 300;

/** Marks background requests, which do not extend the session. */
export const BACKGROUND_HEADERS = { 'X-Background': '1' };

/** For our own pages only. Scripts in a parsed document do not run. */
export function parsePage(text) {
  return new DOMParser().parseFromString(policy === undefined ? text : policy.createHTML(text), 'text/html');
}

/** Text of the page as fetched last, which changes are applied to; undefined when the page is not shared. */
let lastPage;

/**
 * @returns the current page; 'same' when it did not change, 'ended' when the session ended or the viewer is another one,
 * undefined when the server answered with an error.
 */
export async function fetchPage(address) {
  const { hash, viewer } = document.body.dataset;
  const answer = await fetch(address, {
    headers: {
      Accept: 'text/html',
      ...BACKGROUND_HEADERS,
      ...(hash === undefined ? {} : { 'If-None-Match': `"${hash}"` }),
    },
    redirect: 'error',
    cache: 'no-store',
  });
  if (answer.status === 401) return 'ended';
  const isSame = answer.status === 304;
  if (!isSame && !answer.ok) return undefined;
  if (answer.headers.get('X-Viewer') !== viewer) return 'ended';
  return isSame ? 'same' : rememberPage(await answer.text(), answer.headers.get('ETag'));
}

function rememberPage(text, tag) {
  const hash = /"(.+)"/.exec(tag ?? '')?.[1];
  lastPage = hash === undefined ? undefined : { hash, text, address: location.href };
  const page = parsePage(text);
  if (hash !== undefined) page.body.dataset.hash = hash;
  keepToken(page);
  return page;
}

/** @returns the changed page, 'same' when it has the change already, undefined when the change does not apply to it. */
export function applyChange({ from, to, parts }) {
  // A filter changes the address of the page that is open.
  if (lastPage?.address !== location.href) return undefined;
  if (lastPage.hash === to) return 'same';
  if (lastPage.hash !== from) return undefined;
  const { text } = lastPage;
  return rememberPage(parts.map((part) => (typeof part === 'string' ? part : text.slice(...part))).join(''), `"${to}"`);
}

/** Whether the reader is interacting: replacing <main> would disturb. */
export function isReading(main) {
  // On the page that waits for the first push the focus is still on the copy button: update anyway.
  if (main.querySelector('[data-live-eager]') !== null) return false;
  const active = document.activeElement;
  const isAtWork = active !== null && active !== main && main.contains(active);
  const hasSelection = !(document.getSelection()?.isCollapsed ?? true);
  const isFurtherOn = window.scrollY > SCROLLED_PX || location.search.includes('after=');
  const hasDialog = document.querySelector('dialog[open]') !== null;
  return isAtWork || hasSelection || isFurtherOn || hasDialog || openMenus(main).length > 0 || hasTyped(main);
}

/** Whether replacing <main> would lose input. */
export function hasTyped(main) {
  return [...main.querySelectorAll('input, textarea, select')].some((field) => {
    if (field instanceof HTMLSelectElement)
      return [...field.options].some((one) => one.selected !== one.defaultSelected && one.defaultSelected);
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
    return field.type !== 'hidden' && field.value !== field.defaultValue;
  });
}

function openMenus(main) {
  return [...main.querySelectorAll('details[open]:not([data-default-open])')];
}

/** Replaces <main>, and the navigation with its counts. */
export function takeOver(page, main) {
  const fresh = page.querySelector('main');
  if (fresh === null) return;
  const scroll = window.scrollY;
  const kept = keep(main);
  main.replaceChildren(...document.adoptNode(fresh).childNodes);
  rowMenus();
  restore(main, kept);
  if (window.scrollY !== scroll) window.scrollTo({ top: scroll, behavior: 'instant' });
  document.title = page.title;
  takeOverHash(page);
  takeOverNavigation(page);
}

/** A shared page is sent without form tokens: copies the token of the open page into it. */
function keepToken(page) {
  const token = document.querySelector('input[name="_csrf"]')?.value ?? '';
  for (const field of page.querySelectorAll('input[name="_csrf"]')) if (field.value === '') field.value = token;
}

/** The hash names the version of the page that is shown now. */
export function takeOverHash(page) {
  const { hash } = page.body.dataset;
  if (hash === undefined) delete document.body.dataset.hash;
  else document.body.dataset.hash = hash;
}

export function takeOverNavigation(page) {
  for (const selector of ['.sidebar', '.bottombar']) {
    const [old, fresh] = [document.querySelector(selector), page.querySelector(selector)];
    if (old === null || fresh === null) continue;
    const kept = keep(old);
    old.replaceChildren(...document.adoptNode(fresh).childNodes);
    restore(old, kept);
  }
}

function keep(place) {
  const active = document.activeElement;
  return {
    focus: active !== null && active !== place && place.contains(active) ? nameOf(active) : undefined,
    open: openMenus(place).map((menu) => nameOf(menu.querySelector('summary'))),
  };
}

function restore(place, { focus, open }) {
  if (focus === undefined && open.length === 0) return;
  const named = new Map();
  for (const element of place.querySelectorAll('a, button, input, select, textarea, summary, [id]')) {
    const name = nameOf(element);
    if (!named.has(name)) named.set(name, element);
  }
  for (const name of open) {
    const menu = named.get(name)?.closest('details');
    if (menu) menu.open = true;
  }
  named.get(focus)?.focus({ preventScroll: true });
}

/** Identifies an element before and after the replacement: by its id, else by its row and its link, name or label. */
function nameOf(element) {
  if (element === null) return '';
  if (element.id !== '') return `#${element.id}`;
  const row = element.closest('tr')?.querySelector('a')?.getAttribute('href') ?? '';
  const does = element.getAttribute('href') ?? element.getAttribute('name') ?? element.getAttribute('aria-label');
  return [element.localName, row, does ?? element.textContent?.trim(), element.getAttribute('value')].join(' ');
}
