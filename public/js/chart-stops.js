/**
 * Parts of a picture that can be gone through by arrow keys: the whole picture is one stop for Tab, and the part that has
 * the focus says its value. The table beside it says the same without script.
 */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export function chartStops() {
  document.addEventListener('keydown', (event) => {
    const stop = event.target instanceof Element ? event.target.closest('[data-stops] [data-stop]') : null;
    if (stop === null || event.ctrlKey || event.altKey || event.metaKey) return;
    const stops = [...stop.closest('svg').querySelectorAll('[data-stop]')];
    const next = nextOf(stops, stops.indexOf(stop), event.key);
    if (next === undefined) return;
    event.preventDefault();
    moveTo(next, stop);
  });
  for (const kind of ['pointerover', 'focusin']) document.addEventListener(kind, ({ target }) => showValue(target));
}

/** Where the picture is stretched, its text would be, too: the value stands below it. */
function showValue(target) {
  const stop = target instanceof Element ? target.closest('[data-stops] [data-stop]') : null;
  const place = stop?.closest('figure')?.querySelector('[data-chart-value]');
  if (place) place.textContent = stop.getAttribute('aria-label');
}

function nextOf(stops, at, key) {
  if (key === 'Home') return stops[0];
  if (key === 'End') return stops.at(-1);
  return STEPS[key] === undefined ? undefined : stops[Math.min(stops.length - 1, Math.max(0, at + STEPS[key]))];
}

function moveTo(next, before) {
  before.setAttribute('tabindex', '-1');
  if (before !== next && next.hasAttribute('aria-hidden')) before.setAttribute('aria-hidden', 'true');
  next.removeAttribute('aria-hidden');
  next.setAttribute('tabindex', '0');
  next.focus();
}
