/**
 * Parts with `data-poll` are fetched again every so often and put in place of what stands there, while somebody looks: for
 * what changes outside of our index, where no event stream tells.
 */
import { fetchPage } from './refresh.js';

const MAX_FAILURES_WAITED = 5;

export function polledParts(onReplaced) {
  const part = document.querySelector('[data-poll][id]');
  if (part === null) return;
  const everyMs = Number(part.dataset.poll);
  let failures = 0;
  let timer;

  function plan() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(look, everyMs * (1 + Math.min(failures, MAX_FAILURES_WAITED)));
  }

  async function look() {
    // A form that was sent answers under another address; the part is the same on the page itself.
    const page = await fetchPage(location.href.replace(/\/merge(?=[?#]|$)/, '')).catch(() => undefined);
    if (page === 'ended') return;
    if (page === 'same') return plan();
    const fresh = page?.getElementById(part.id) ?? null;
    failures = fresh === null ? failures + 1 : 0;
    if (fresh !== null) replace(fresh);
    plan();
  }

  /** Child by child, so that what did not change keeps focus, selection and what was unfolded. */
  function replace(fresh) {
    const now = document.getElementById(part.id);
    if (now === null || now.isEqualNode(fresh)) return;
    swapChildren(now, fresh);
    onReplaced();
  }

  document.addEventListener('visibilitychange', plan);
  plan();
}

function swapChildren(now, fresh) {
  const [olds, news] = [[...now.children], [...fresh.children]];
  if (olds.length !== news.length) return now.replaceChildren(...fresh.childNodes);
  for (const [index, old] of olds.entries()) {
    const other = news[index];
    if (old.isEqualNode(other) || saysTheSame(old, other)) continue;
    const isList = old.localName === 'ul' && other.localName === 'ul';
    if (isList) swapChildren(old, other);
    else if (old.getAttribute('role') === 'status') old.textContent = other.textContent;
    else if (!old.contains(document.activeElement)) old.replaceWith(document.importNode(other, true));
  }
}

/** Ignores local times and form tokens, which differ without a change. */
function saysTheSame(old, other) {
  return old.className === other.className && bare(old) === bare(other);
}

function bare(element) {
  const copy = element.cloneNode(true);
  for (const time of copy.querySelectorAll('time')) time.textContent = time.dateTime;
  return copy.textContent.replace(/\s+/g, ' ');
}
