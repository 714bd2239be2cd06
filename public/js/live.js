/**
 * Pages show what changes without being loaded again, and say when they cannot: no connection, session ended. One event
 * stream per visible tab: a hidden one closes it, because six of them would keep the browser from loading anything.
 */
import { agedList, readAgain } from './ages.js';
import { applyChange, fetchPage, hasTyped, IN_BACKGROUND, isReading, takeOver, takeOverNavigation } from './refresh.js';

const AT_MOST_EVERY_MS = 400;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
/** Fewer failures are a restart, or a network that changes: nobody has to know. */
const FAILURES_TO_TELL = 2;
const TELL_EVERY_MS = 30_000;

export function liveUpdates(onReplaced) {
  const main = document.querySelector('main');
  const place = document.querySelector('.live-status');
  if (main === null || place === null || window.EventSource === undefined) return;
  const status = createStatus(place);
  let stream;
  let hasMissed = false;
  let failures = 0;
  let retry;
  let last = 0;
  let timer;
  let loading = false;
  let ended = false;

  function isConcerned(names) {
    const watched = main.dataset.live;
    if (watched === undefined) return false;
    if (names.length === 0) return true;
    if (names.includes('#index') && !watched.startsWith('#')) return true;
    if (watched === '*') return names.some((name) => !name.startsWith('#'));
    return names.some((name) => name === watched || name.startsWith(`${watched}/`));
  }

  function plan() {
    if (timer !== undefined) return;
    timer = setTimeout(
      async () => {
        timer = undefined;
        if (loading) return plan();
        last = Date.now();
        loading = true;
        await update().catch(() => undefined);
        loading = false;
      },
      Math.max(0, last + AT_MOST_EVERY_MS - Date.now()),
    );
  }

  async function update() {
    if (isReading(main)) return status.news(load);
    const page = await fetchPage(location.href);
    if (isReading(main)) return status.news(load);
    show(page);
  }

  /** Asked for by the reader: what is in hand stays in hand. */
  async function load() {
    const page = await fetchPage(location.href).catch(() => undefined);
    if (page === undefined) location.reload();
    else show(page);
  }

  function show(page) {
    if (page === 'ended') return end();
    if (page === undefined) return;
    if (page === 'same') return status.told();
    takeOver(page, main);
    status.told();
    onReplaced();
  }

  /** Rights are different: the navigation follows at once, the page itself unless that would lose what was typed. */
  async function follow() {
    const page = await fetchPage(location.href).catch(() => undefined);
    if (page === 'ended') return end();
    // Gone for this viewer: the reader turns away from it, not the page from the reader.
    if (page === undefined || hasTyped(main) || isReading(main)) {
      if (page !== undefined && page !== 'same') takeOverNavigation(page);
      return status.news(() => location.reload());
    }
    show(page);
    // The stream knows which page it is for by what was shown when it began.
    open();
  }

  /** What changed in this page came with the news. */
  function change(told) {
    const page = applyChange(told);
    if (page === undefined) return plan();
    if (page === 'same') return;
    if (isReading(main)) status.news(load);
    else show(page);
  }

  function end() {
    ended = true;
    close();
    status.ended();
  }

  function open() {
    close();
    if (ended || document.hidden) return;
    stream = new EventSource(addressOf(document.body.dataset));
    stream.addEventListener('changed', (event) => {
      const names = JSON.parse(event.data);
      if (names.includes('#rights')) void follow();
      else if (isConcerned(names)) plan();
    });
    stream.addEventListener('page', (event) => change(JSON.parse(event.data)));
    stream.addEventListener('read', (event) => readAgain(JSON.parse(event.data).at));
    stream.addEventListener('ended', end);
    stream.addEventListener('open', () => {
      failures = 0;
      status.online();
      // What was missed meanwhile nobody will tell again.
      if (hasMissed && main.dataset.live !== undefined) plan();
      hasMissed = false;
    });
    stream.addEventListener('error', again);
  }

  /** Later and later, and not everybody at the same moment. */
  function again() {
    close();
    failures += 1;
    if (failures >= FAILURES_TO_TELL) void ask();
    const wait = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    retry = setTimeout(open, wait * (0.5 + Math.random()));
  }

  /** A browser without a network may still reach this host, and a stream that is on its way would say that all is well. */
  function lost() {
    if (ended) return;
    failures = Math.max(failures, FAILURES_TO_TELL - 1);
    again();
  }

  function close() {
    clearTimeout(retry);
    stream?.close();
    stream = undefined;
    hasMissed = true;
  }

  /** An event stream does not say why it failed. */
  async function ask() {
    try {
      const answer = await fetch(`${document.body.dataset.liveStream}/viewer`, {
        headers: IN_BACKGROUND,
        cache: 'no-store',
      });
      // A proxy that finds nobody behind it.
      if (answer.status >= 502) return status.offline();
      if (!answer.ok) return status.online();
      const { viewer } = await answer.json();
      if (viewer !== document.body.dataset.viewer) end();
      else status.online();
    } catch {
      if (!document.hidden) status.offline();
    }
  }

  /** Somebody may have signed in again in another tab meanwhile. */
  function wake() {
    if (!ended) return open();
    ended = false;
    status.online();
    void ask().then(open);
  }

  document.addEventListener('visibilitychange', () => (document.hidden ? close() : wake()));
  window.addEventListener('online', wake);
  window.addEventListener('offline', lost);
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', (event) => event.persisted && wake());
  open();
  hasMissed = false;
}

/** What happened since the page was asked for is told first. A list that nobody tells us about is read while it is open. */
function addressOf({ liveStream, askedAt, hash }) {
  const asked = new URLSearchParams({ since: askedAt });
  const of = agedList();
  if (of !== undefined) asked.set('of', of);
  if (hash !== undefined) asked.set('shown', hash);
  return `${liveStream}?${asked}`;
}

/** One place at the lower edge for all that is said; it is there from the start, so that it is read out. */
function createStatus(place) {
  let state = '';
  let toldAt = 0;
  let timer;

  function put(next, ...parts) {
    if (state === next && next !== '') return;
    state = next;
    clearTimeout(timer);
    place.classList.toggle('visually-hidden', next === 'told');
    place.replaceChildren(...parts);
  }

  function bar(icon, text, ...actions) {
    const box = document.createElement('div');
    box.className = `live-bar live-bar-${icon}`;
    const words = document.createElement('span');
    words.textContent = text ?? '';
    box.append(words, ...actions);
    return box;
  }

  return {
    news(onClick) {
      if (state === 'ended' || state === 'offline') return;
      const mark = document.createElement('button');
      mark.type = 'button';
      mark.className = 'live-mark btn btn-primary';
      mark.textContent = place.dataset.news ?? '';
      mark.addEventListener('click', () => {
        const back = document.querySelector('main');
        put('');
        onClick();
        // The mark goes, and with it the focus: back to where the news are.
        if (document.activeElement === document.body) back?.focus({ preventScroll: true });
      });
      // A press must not take the focus from where the reader is.
      mark.addEventListener('mousedown', (event) => event.preventDefault());
      put('news', mark);
    },
    /** For those who do not see it; not at every push of a busy registry. */
    told() {
      if (state === 'news') put('');
      if (state !== '' || Date.now() - toldAt < TELL_EVERY_MS) return;
      toldAt = Date.now();
      put('told', place.dataset.updated ?? '');
      timer = setTimeout(() => put(''), 5000);
    },
    offline() {
      if (state !== 'ended') put('offline', bar('offline', place.dataset.offline));
    },
    ended() {
      const link = document.createElement('a');
      link.className = 'btn';
      link.href = place.dataset.login ?? '';
      link.textContent = place.dataset.signIn ?? '';
      put('ended', bar('ended', place.dataset.ended, link));
    },
    online() {
      if (state === 'offline' || state === 'ended') put('');
    },
  };
}
