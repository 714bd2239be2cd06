/**
 * Pages show what changes without being loaded again, and say when they cannot: no connection, session ended. One event
 * stream per visible tab: a hidden one closes it, because six of them would keep the browser from loading anything.
 */
import { agedList, readAgain } from './ages.js';
import {
  applyChange,
  BACKGROUND_HEADERS,
  fetchPage,
  hasTyped,
  isReading,
  takeOver,
  takeOverNavigation,
} from './refresh.js';

const MIN_UPDATE_INTERVAL_MS = 400;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
/** A single failure is often a restart of the server or a change of network: no notice is shown. */
const FAILURES_BEFORE_NOTICE = 2;
const MIN_ANNOUNCE_INTERVAL_MS = 30_000;

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

  function isAffectedBy(names) {
    const watched = main.dataset.live;
    if (watched === undefined) return false;
    if (names.length === 0) return true;
    if (names.includes('#index') && !watched.startsWith('#')) return true;
    if (watched === '*') return names.some((name) => !name.startsWith('#'));
    return names.some((name) => name === watched || name.startsWith(`${watched}/`));
  }

  function scheduleUpdate() {
    if (timer !== undefined) return;
    timer = setTimeout(
      async () => {
        timer = undefined;
        if (loading) return scheduleUpdate();
        last = Date.now();
        loading = true;
        await update().catch(() => undefined);
        loading = false;
      },
      Math.max(0, last + MIN_UPDATE_INTERVAL_MS - Date.now()),
    );
  }

  async function update() {
    if (isReading(main)) return status.news(load);
    const page = await fetchPage(location.href);
    if (isReading(main)) return status.news(load);
    show(page);
  }

  /** The reader pressed the button for new content: replaces <main> even while reading. */
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
    // The page may be gone for this viewer: it stays until the reader reloads it.
    if (page === undefined || hasTyped(main) || isReading(main)) {
      if (page !== undefined && page !== 'same') takeOverNavigation(page);
      return status.news(() => location.reload());
    }
    show(page);
    // The stream is opened for one version of the page: connect again for the new one.
    open();
  }

  /** The event carries the change of this page itself. */
  function change(told) {
    const page = applyChange(told);
    if (page === undefined) return scheduleUpdate();
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
      else if (isAffectedBy(names)) scheduleUpdate();
    });
    stream.addEventListener('page', (event) => change(JSON.parse(event.data)));
    stream.addEventListener('read', (event) => readAgain(JSON.parse(event.data).at));
    stream.addEventListener('ended', end);
    stream.addEventListener('open', () => {
      failures = 0;
      status.online();
      // Changes during the gap are not sent again.
      if (hasMissed && main.dataset.live !== undefined) scheduleUpdate();
      hasMissed = false;
    });
    stream.addEventListener('error', reconnect);
  }

  /** Reconnects with exponential backoff and jitter. */
  function reconnect() {
    close();
    failures += 1;
    if (failures >= FAILURES_BEFORE_NOTICE) void ask();
    const wait = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    retry = setTimeout(open, wait * (0.5 + Math.random()));
  }

  /** Offline, a local server may still answer, and a stream that is connecting would hide the notice. */
  function lost() {
    if (ended) return;
    failures = Math.max(failures, FAILURES_BEFORE_NOTICE - 1);
    reconnect();
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
        headers: BACKGROUND_HEADERS,
        cache: 'no-store',
      });
      // From a proxy whose upstream does not answer.
      if (answer.status >= 502) return status.offline();
      if (!answer.ok) return status.online();
      const { viewer } = await answer.json();
      if (viewer !== document.body.dataset.viewer) end();
      else status.online();
    } catch {
      if (!document.hidden) status.offline();
    }
  }

  /** The viewer may have signed in again in another tab. */
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

/** `since`: the server first sends what changed after the page was made. `of`: the list whose age the page shows. */
function addressOf({ liveStream, askedAt, hash }) {
  const asked = new URLSearchParams({ since: askedAt });
  const of = agedList();
  if (of !== undefined) asked.set('of', of);
  if (hash !== undefined) asked.set('shown', hash);
  return `${liveStream}?${asked}`;
}

/** The live region for all notices. Screen readers announce it only when it was in the page from the start. */
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
        // The button is removed: move the focus to the new content.
        if (document.activeElement === document.body) back?.focus({ preventScroll: true });
      });
      // A click must not move the focus.
      mark.addEventListener('mousedown', (event) => event.preventDefault());
      put('news', mark);
    },
    /** Announced to screen readers, at most every `MIN_ANNOUNCE_INTERVAL_MS`. */
    told() {
      if (state === 'news') put('');
      if (state !== '' || Date.now() - toldAt < MIN_ANNOUNCE_INTERVAL_MS) return;
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
