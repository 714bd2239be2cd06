/**
 * Updates the age of a list while the page is open. The server sends an event when the list was read again, so that the
 * page need not be fetched. The texts are the same as in the server's `format.ts`.
 */
const EVERY_MS = 20_000;
const MINUTE_MS = 60_000;
const STEPS = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', MINUTE_MS],
];

const shown = () => document.querySelector('time[data-age]');

/** The repository (or `*` for all) whose list age is shown; undefined when the page shows none. */
export const agedList = () => shown()?.dataset.age;

export function growingAges() {
  setInterval(write, EVERY_MS);
  window.addEventListener('pageshow', write);
}

export function readAgain(at) {
  const time = shown();
  if (time === null) return;
  time.dateTime = new Date(at).toISOString();
  write();
}

function write() {
  const time = shown();
  if (time === null) return;
  const past = Date.now() - Date.parse(time.dateTime);
  time.textContent = wordsFor(past, document.documentElement.lang) ?? time.dataset.justNow ?? '';
}

/** @returns undefined for less than a minute. */
export function wordsFor(pastMs, language) {
  const [unit, size] = STEPS.find(([, each]) => pastMs >= each) ?? [];
  if (unit === undefined) return undefined;
  const style = { year: 'long', month: 'long', hour: 'narrow' }[unit] ?? 'short';
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style });
  return words
    .format(-Math.trunc(pastMs / size), unit)
    .replaceAll('.', '')
    .replace(/(\d)(?=\p{Script=Han})/u, '$1 ');
}
