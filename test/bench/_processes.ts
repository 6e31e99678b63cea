/** What other processes take, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

/** Of the process alone: seconds of CPU it has used, and its resident memory. */
export function statusOf(pid: number): { cpuSeconds: number; rssMiB: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return { cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100, rssMiB: Math.round(Number(rss) / 1024) };
}

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
