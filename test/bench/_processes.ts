/** What other processes take, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

/** µs of CPU that a process and its children, all threads, have used; more exact than the clock ticks of `stat`. */
export function cpuMicrosOf(pid: number): number {
  let micros = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${task}`;
    micros += Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1_000;
    for (const child of readFileSync(`${folder}/children`, 'utf8').split(' ').filter(Boolean))
      micros += cpuMicrosOf(Number(child));
  }
  return micros;
}
