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
    timeZoneName: 'short',
  });
  for (const time of document.querySelectorAll('time[data-local]')) {
    const text = format.format(new Date(time.dateTime));
    if (time.title === time.textContent) time.textContent = text;
    time.title = text;
  }
}
