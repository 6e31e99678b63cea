// Preloaded into the processes under test: how long their event loop let a timer wait, for whoever reads the file.
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const RESOLUTION_MS = 5;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

function write() {
  const file = join(process.env.STARGATE_TEST_PROBE, `${process.pid}.json`);
  const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const figures = {
    pid: process.pid,
    samples: delay.count,
    p99: ms(delay.percentile(99)),
    max: ms(delay.max),
  };
  try {
    writeFileSync(`${file}.new`, JSON.stringify(figures));
    renameSync(`${file}.new`, file);
  } catch {
    // Where no descriptor is left, the process under test must not die of being watched.
  }
}

// What a process does while it starts is not what is asked for.
setTimeout(() => delay.reset(), 2_000).unref();
setInterval(write, 1_000).unref();
