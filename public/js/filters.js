/**
 * Lists follow what is typed into their filter: only the rows and what counts them are put in place, so the focus stays
 * where it is, and the address tells the same. Enter sends the form, with and without this file.
 */
import { parsePage, takeOverHash } from './refresh.js';

const WAIT_MS = 220;

export function liveFilters(onReplaced) {
  // Empty values are left out of the address.
  document.addEventListener('formdata', (event) => {
    if (event.target.method !== 'get') return;
    const empty = [...event.formData].filter(([, value]) => value === '');
    for (const [name] of empty)
      if (event.formData.getAll(name).every((value) => value === '')) event.formData.delete(name);
  });
  const state = { timer: undefined, request: new AbortController(), onReplaced };
  document.addEventListener('input', (event) => {
    if (isFilter(event.target) && !event.isComposing) askSoon(event.target, state);
  });
  document.addEventListener('compositionend', (event) => isFilter(event.target) && askSoon(event.target, state));
}

function isFilter(element) {
  return element instanceof HTMLInputElement && element.matches('main .card-filter input[type="search"]');
}

function askSoon(input, state) {
  clearTimeout(state.timer);
  state.request.abort();
  state.timer = setTimeout(() => void ask(input, state).catch(() => undefined), WAIT_MS);
}

/** On failure the rows stay as they are; Enter submits the form, which shows the error. */
async function ask(input, state) {
  state.request = new AbortController();
  const address = addressOf(input.form);
  const answer = await fetch(address, {
    headers: { Accept: 'text/html' },
    redirect: 'manual',
    signal: state.request.signal,
  });
  // A redirect to the sign-in page.
  if (answer.type === 'opaqueredirect') return location.assign(address);
  if (!answer.ok) return;
  const page = parsePage(await answer.text());
  if (!input.isConnected || addressOf(input.form) !== address) return;
  show(input, page);
  takeOverHash(page);
  history.replaceState(history.state, '', address);
  input.defaultValue = input.value;
  state.onReplaced();
}

function addressOf(form) {
  const address = new URL(form.action);
  address.search = new URLSearchParams(new FormData(form)).toString();
  return address.href;
}

function show(input, page) {
  const fresh = [...page.querySelectorAll('main .card-filter input[type="search"]')].find(
    (each) => each.name === input.name && each.form?.getAttribute('action') === input.form.getAttribute('action'),
  );
  const [card, freshCard] = [input.closest('.card'), fresh?.closest('.card')];
  if (!card || !freshCard) return location.reload();
  replaceAround(input, fresh, card);
  for (const [old, next] of pairs('.page-sub', page)) old.replaceWith(document.adoptNode(next));
  tell(card);
}

/** Everything in the card but the field and what it stands in. */
function replaceAround(input, fresh, card) {
  for (let [kept, other] = [input, fresh]; kept !== card; [kept, other] = [kept.parentElement, other.parentElement]) {
    const siblings = [...kept.parentElement.childNodes].filter((node) => node !== kept);
    const others = [...other.parentElement.childNodes];
    const at = others.indexOf(other);
    for (const node of siblings) node.remove();
    kept.before(...others.slice(0, at).map((node) => document.adoptNode(node)));
    kept.after(...others.slice(at + 1).map((node) => document.adoptNode(node)));
  }
}

function pairs(selector, page) {
  const [old, next] = [document.querySelector(`main ${selector}`), page.querySelector(`main ${selector}`)];
  return old === null || next === null ? [] : [[old, next]];
}

/** Announces the number of rows to screen readers. */
function tell(card) {
  const text = (card.querySelector('.pager .num') ?? card.querySelector('.empty-title'))?.textContent ?? '';
  let status = document.querySelector('.filter-status');
  if (status === null) {
    status = document.createElement('p');
    status.className = 'filter-status visually-hidden';
    status.setAttribute('role', 'status');
    document.body.append(status);
  }
  status.textContent = text;
}
