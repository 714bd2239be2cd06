/**
 * Pages with `data-live` on their <main> show what changes without being loaded again. One event stream per visible tab:
 * a hidden one closes it, because six of them would keep the browser from loading anything.
 */
const AT_MOST_EVERY_MS = 400;
const IN_THE_MIDDLE_PX = 300;

const policy = window.trustedTypes?.createPolicy('registry-web', { createHTML: (text) => text });

export function liveUpdates(onReplaced) {
  const main = document.querySelector('main[data-live]');
  if (main === null || window.EventSource === undefined) return;
  let stream;
  let wasHidden = false;
  let last = 0;
  let timer;
  let loading = false;

  function isConcerned(names) {
    const watched = main.dataset.live;
    return (
      watched === '*' || names.length === 0 || names.some((name) => name === watched || name.startsWith(`${watched}/`))
    );
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
    if (isReading()) return showMark();
    const answer = await fetch(location.href, {
      headers: { Accept: 'text/html' },
      redirect: 'error',
      cache: 'no-store',
    });
    if (!answer.ok) return;
    const text = await answer.text();
    if (isReading()) return showMark();
    replace(text);
  }

  /** Only our own pages come this way; nothing in a parsed document runs. */
  function replace(text) {
    const page = new DOMParser().parseFromString(policy === undefined ? text : policy.createHTML(text), 'text/html');
    const fresh = page.querySelector('main[data-live]');
    if (fresh === null) return;
    main.replaceChildren(...document.adoptNode(fresh).childNodes);
    onReplaced();
  }

  /** Nothing moves under the eyes or hands of somebody: then a mark says that there is news. */
  function isReading() {
    // Whoever waits for the first push has just copied its line, and the focus stands there still.
    if (main.querySelector('[data-live-eager]') !== null) return false;
    const active = document.activeElement;
    const isAtWork = active !== null && active !== main && main.contains(active);
    const hasOpen = main.querySelector('details[open]:not([data-default-open])') !== null;
    const hasSelection = !(document.getSelection()?.isCollapsed ?? true);
    return (
      isAtWork || hasOpen || hasSelection || window.scrollY > IN_THE_MIDDLE_PX || location.search.includes('after=')
    );
  }

  function showMark() {
    if (document.querySelector('.live-mark') !== null) return;
    const mark = document.createElement('button');
    mark.type = 'button';
    mark.className = 'live-mark btn btn-primary';
    mark.textContent = main.dataset.liveNews ?? '';
    mark.addEventListener('click', () => location.reload());
    const status = document.createElement('div');
    status.setAttribute('role', 'status');
    status.className = 'live-status';
    document.body.append(status);
    status.append(mark);
  }

  function open() {
    stream = new EventSource(main.dataset.liveStream);
    stream.addEventListener('changed', (event) => {
      if (isConcerned(JSON.parse(event.data))) plan();
    });
    // What was missed meanwhile nobody will tell again.
    stream.addEventListener('open', () => {
      if (wasHidden) plan();
      wasHidden = true;
    });
  }

  function follow() {
    stream?.close();
    stream = undefined;
    if (!document.hidden) open();
  }

  document.addEventListener('visibilitychange', follow);
  window.addEventListener('pagehide', () => stream?.close());
  window.addEventListener('pageshow', (event) => event.persisted && follow());
  follow();
}
