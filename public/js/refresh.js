/**
 * This page asks for itself again and takes over the new <main>. What somebody has in hand stays: the focus, what is
 * open, where they scrolled.
 */
import { rowMenus } from './row-menus.js';

const policy = window.trustedTypes?.createPolicy('registry-web', { createHTML: (text) => text });
const IN_THE_MIDDLE_PX = 300;

/** Tells the server that nobody did anything: the session's idle time runs on. */
export const IN_BACKGROUND = { 'X-Background': '1' };

/** Only our own pages come this way; nothing in a parsed document runs. */
export function parsePage(text) {
  return new DOMParser().parseFromString(policy === undefined ? text : policy.createHTML(text), 'text/html');
}

/** The page as it came last, for changes that are told; undefined: it was not shared with others. */
let held;

/**
 * @returns the page as it is now, 'same' when it is what stands here, 'ended' when it is no longer this viewer's, undefined
 * when there is none.
 */
export async function fetchPage(address) {
  const { hash, viewer } = document.body.dataset;
  const answer = await fetch(address, {
    headers: { Accept: 'text/html', ...IN_BACKGROUND, ...(hash === undefined ? {} : { 'If-None-Match': `"${hash}"` }) },
    redirect: 'error',
    cache: 'no-store',
  });
  if (answer.status === 401) return 'ended';
  const isSame = answer.status === 304;
  if (!isSame && !answer.ok) return undefined;
  if (answer.headers.get('X-Viewer') !== viewer) return 'ended';
  return isSame ? 'same' : hold(await answer.text(), answer.headers.get('ETag'));
}

function hold(text, tag) {
  const hash = /"(.+)"/.exec(tag ?? '')?.[1];
  held = hash === undefined ? undefined : { hash, text, address: location.href };
  const page = parsePage(text);
  if (hash !== undefined) page.body.dataset.hash = hash;
  keepToken(page);
  return page;
}

/** @returns the changed page, 'same' when it was known already, undefined when the change is one of another page. */
export function applyChange({ from, to, parts }) {
  // A filter changes the address of the page that is open.
  if (held?.address !== location.href) return undefined;
  if (held.hash === to) return 'same';
  if (held.hash !== from) return undefined;
  const { text } = held;
  return hold(parts.map((part) => (typeof part === 'string' ? part : text.slice(...part))).join(''), `"${to}"`);
}

/** Nothing moves under the eyes or hands of somebody. */
export function isReading(main) {
  // Whoever waits for the first push has just copied its line, and the focus stands there still.
  if (main.querySelector('[data-live-eager]') !== null) return false;
  const active = document.activeElement;
  const isAtWork = active !== null && active !== main && main.contains(active);
  const hasSelection = !(document.getSelection()?.isCollapsed ?? true);
  const isFurtherOn = window.scrollY > IN_THE_MIDDLE_PX || location.search.includes('after=');
  const hasDialog = document.querySelector('dialog[open]') !== null;
  return isAtWork || hasSelection || isFurtherOn || hasDialog || openMenus(main).length > 0 || hasTyped(main);
}

/** What was typed or ticked would be lost. */
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

/** Everything around <main> that tells numbers or rights comes along. */
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

/** A page that is the same for many comes without the token of its forms: this one has it. */
function keepToken(page) {
  const token = document.querySelector('input[name="_csrf"]')?.value ?? '';
  for (const field of page.querySelectorAll('input[name="_csrf"]')) if (field.value === '') field.value = token;
}

/** What stands here is what that page shows. */
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

/** The same thing in the page before and in the page after: by its id, else by what it does. */
function nameOf(element) {
  if (element === null) return '';
  if (element.id !== '') return `#${element.id}`;
  const row = element.closest('tr')?.querySelector('a')?.getAttribute('href') ?? '';
  const does = element.getAttribute('href') ?? element.getAttribute('name') ?? element.getAttribute('aria-label');
  return [element.localName, row, does ?? element.textContent?.trim(), element.getAttribute('value')].join(' ');
}
