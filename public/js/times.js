/** The server writes its own zone; here the reader's is known. */
export function localTimes() {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  // Chinese would write the zone between the date and the time.
  const zones = new Intl.DateTimeFormat(document.documentElement.lang, { timeZoneName: 'short' });
  for (const time of document.querySelectorAll('time[data-local]')) {
    const date = new Date(time.dateTime);
    const zone = zones.formatToParts(date).find(({ type }) => type === 'timeZoneName');
    const text = `${format.format(date)} ${zone?.value ?? ''}`;
    if (time.title === time.textContent) time.textContent = text;
    time.title = text;
  }
}
