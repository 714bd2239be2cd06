/** Writes numbered log lines to its standard output and says when it is done, without waiting for a reader. */
import { createLogger } from '../../../server/log.ts';
import { createLogOutput, writeTo } from '../../../server/log-output.ts';

const [count = '0', maxWaitingBytes = '0'] = process.argv.slice(2);
const output = createLogOutput({ write: writeTo(1), maxWaitingBytes: Number(maxWaitingBytes) });
const log = createLogger('info', output);
process.on('exit', output.flush);
for (let number = 1; number <= Number(count); number += 1) log.info({ number }, 'line');
process.send?.('written');
process.once('message', () => {
  log.info('last');
  process.exit(0);
});
