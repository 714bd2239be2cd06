/** What this browser searched and opened last: names and searches only, of one viewer, gone with signing out. */

const KEY = 'rw-recent';
const MOST = 8;
const LONGEST = 400;

/** Storage may be blocked or full: then nothing is remembered. */
function attempt(use, otherwise) {
  try {
    return use();
  } catch {
    return otherwise;
  }
}

/** @param base Path below which all of our addresses lie. */
export function createRecent({ viewer, base }) {
  const isOwn = ({ text, href }) =>
    typeof text === 'string' && typeof href === 'string' && href.startsWith(`${base}/`) && !/^\/[/\\]/.test(href);

  function list() {
    const kept = attempt(() => JSON.parse(localStorage.getItem(KEY) ?? '{}'), {});
    return kept?.viewer === viewer && Array.isArray(kept.entries)
      ? kept.entries.filter((entry) => entry !== null && isOwn(entry)).slice(0, MOST)
      : [];
  }

  return {
    list,
    add(text, href) {
      if (text === '' || text.length > LONGEST) return;
      const entries = [{ text, href }, ...list().filter((entry) => entry.text !== text)].slice(0, MOST);
      attempt(() => localStorage.setItem(KEY, JSON.stringify({ viewer, entries })));
    },
    clear: forgetRecent,
  };
}

function forgetRecent() {
  attempt(() => localStorage.removeItem(KEY));
}

/** Cleared at sign-out, so that the next user of this browser does not see it. */
export function forgetOnSignOut() {
  document.addEventListener('submit', (event) => {
    // A field of a form may be called `action`, too.
    const action = event.target instanceof Element ? (event.target.getAttribute('action') ?? '') : '';
    if (action.endsWith('/sign-out')) forgetRecent();
  });
}
