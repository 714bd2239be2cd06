/** Asks for suggestions; whatever goes wrong becomes an answer with a sentence. */

/** @returns {Promise<{groups: object[], said: string, note?: string}>} @throws only when it was given up. */
export async function askSuggestions({ form, texts, text, signal }) {
  let response;
  try {
    response = await fetch(address(form, text), {
      signal,
      redirect: 'manual',
      headers: { accept: 'application/json' },
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return told(texts.offline);
  }
  // The way to the sign-in page: the session ended meanwhile.
  if (response.type === 'opaqueredirect' || response.status === 401) return signedOut(form, texts);
  if (response.status === 429 || response.status === 503) return told(texts.busy);
  try {
    const { groups, said } = response.ok ? await response.json() : {};
    if (Array.isArray(groups))
      return groups.length > 0 || text.trim() === '' ? { groups, said } : { ...told(said), said };
  } catch (error) {
    if (signal.aborted) throw error;
  }
  return told(texts.failed);
}

function told(note) {
  return { groups: [], said: note, note };
}

function address(form, text) {
  const query = new URLSearchParams({ q: text.slice(0, 700), from: whereWeAre(form) });
  return `${form.dataset.suggestions}?${query}`;
}

/** Path and query of this page as the server knows them. */
function whereWeAre(form) {
  return `${location.pathname.slice(form.dataset.base.length)}${location.search}`.slice(0, 1500);
}

function signedOut(form, texts) {
  const href = `${form.dataset.base}/login?next=${encodeURIComponent(whereWeAre(form))}`;
  const groups = [{ id: 'commands', label: '', items: [{ ...texts.signIn, href }] }];
  return { groups, said: texts.signedOut, note: texts.signedOut };
}
