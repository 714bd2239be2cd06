/** The navigation folds at once; the form says so to the server, whose next page is then drawn that way. */
export function foldNavigation() {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches('.nav-fold')) return;
    event.preventDefault();
    const isFolded = document.body.classList.toggle('is-folded');
    const body = new URLSearchParams(new FormData(form));
    body.set('nav', isFolded ? 'folded' : 'wide');
    void fetch(form.action, { method: 'POST', body, redirect: 'manual', keepalive: true }).catch(() => undefined);
  });
}
