/** Marks the pushes that came while the page was open. */
export function newPushes() {
  const main = document.querySelector('main[data-live]');
  if (main === null) return;
  const known = keysOf(main);
  if (known === undefined) return;
  const seen = new Set(known);
  const mark = () => {
    for (const row of main.querySelectorAll('[data-home-pushes] > [data-key]')) {
      row.classList.toggle('is-new', !seen.has(row.dataset.key));
    }
  };
  // The rows are replaced as a whole, whoever does it.
  new MutationObserver(mark).observe(main, { childList: true });
}

function keysOf(main) {
  const list = main.querySelector('[data-home-pushes]');
  return list === null ? undefined : [...list.children].map((row) => row.dataset.key);
}
