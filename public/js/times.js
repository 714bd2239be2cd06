/** Converts times from the server's zone to the reader's. */
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
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  const short = {
    clock: new Intl.DateTimeFormat(document.documentElement.lang, clock),
    moment: new Intl.DateTimeFormat(document.documentElement.lang, { month: 'short', day: 'numeric', ...clock }),
  };
  // Chinese would write the zone between the date and the time.
  const zones = new Intl.DateTimeFormat(document.documentElement.lang, { timeZoneName: 'short' });
  for (const time of document.querySelectorAll('time[data-local], .lean time')) {
    const date = new Date(time.dateTime);
    const zone = zones.formatToParts(date).find(({ type }) => type === 'timeZoneName');
    const text = `${format.format(date)} ${zone?.value ?? ''}`;
    const partly = short[time.dataset.local];
    if (partly !== undefined) time.textContent = partly.format(date);
    if (time.title === time.textContent) time.textContent = text;
    time.title = text;
  }
}
