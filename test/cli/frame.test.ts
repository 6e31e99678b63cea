import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, ensureBuilt, type RunOptions, stargate, start } from '../helpers/cli.js';

const script = fileURLToPath(new URL('fixtures/frame.mjs', import.meta.url));
const frame = (args: readonly string[], options: RunOptions = {}) => start(args, { ...options, script });

beforeAll(ensureBuilt, 180_000);

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'drains on the first %s, prints its sum and exits 0',
    async (name) => {
      const { child, ended, saw } = frame(['drain']);
      await saw('ready');
      child.kill(name);
      expect(await ended).toMatchObject({ status: 0, stdout: 'sum 3\n', stderr: 'ready\ndraining\n' });
    },
  );

  it('ends with 130 when the work was cut short', async () => {
    const { child, ended, saw } = frame(['cut']);
    await saw('ready');
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    expect(status).toBe(130);
    expect(stderr).toContain('STG_INTERRUPTED');
    expect(stderr).not.toContain('AbortError');
  });

  it('goes at once on the second Ctrl-C, and takes what npm repeats for the first', async () => {
    const { child, ended, saw } = frame(['stubborn']);
    await saw('ready');
    child.kill('SIGINT');
    await saw('draining');
    const drained = performance.now();
    let interrupts = 0;
    const again = setInterval(() => {
      interrupts++;
      child.kill('SIGINT');
    }, 20);
    expect(await ended).toMatchObject({ status: 130, signal: null });
    clearInterval(again);
    expect(interrupts).toBeGreaterThan(1);
    expect(performance.now() - drained).toBeGreaterThan(200);
  });

  it('takes a repeated SIGTERM for one', async () => {
    const { child, ended, saw } = frame(['stubborn']);
    await saw('ready');
    child.kill('SIGTERM');
    await saw('draining');
    child.kill('SIGTERM');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 130 });
  });

  it('reloads on SIGHUP and goes on', async () => {
    const { child, ended, saw } = frame(['drain']);
    await saw('ready');
    child.kill('SIGHUP');
    await saw('reloaded');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 0 });
  });
});

describe('errors', () => {
  it('shows code, expected, got and next, and points to the causes', async () => {
    const { status, stdout, stderr } = await frame(['causes']).ended;
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      [
        '✗ STG_LOG_WRITE  The log could not be written.',
        '  Expected  a disk',
        '  Got       none�[31m',
        '  Next      buy one',
        '  More      --verbose shows the chain of causes',
        '',
      ].join('\n'),
    );
  });

  it('shows the whole chain with --verbose', async () => {
    const { stderr } = await frame(['causes', '--verbose']).ended;
    expect(stderr).toMatch(/Cause {5}Error: middle[\s\S]*Cause {5}Error: root cause/);
    expect(stderr).not.toContain('More');
  });

  it('prints one JSON document with --json, wherever that stands', async () => {
    for (const args of [
      ['causes', '--json'],
      ['--json', 'causes'],
    ]) {
      const { status, stdout, stderr } = await frame(args).ended;
      expect(status).toBe(1);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({
        error: {
          code: 'STG_LOG_WRITE',
          message: 'The log could not be written.',
          expected: 'a disk',
          got: 'none\u001b[31m',
          next: 'buy one',
        },
      });
    }
  });

  it('never prints a second document behind the first', async () => {
    const { status, stdout, stderr } = await frame(['late', '--json']).ended;
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ half: true });
    expect(stderr).toContain('STG_LOG_FULL');
  });

  it('calls our own mistakes bugs', async () => {
    for (const [name, text] of [
      ['bug', 'TypeError'],
      ['stray', 'nobody waited'],
      ['hang', 'ended before it was done'],
    ] as const) {
      const { status, stderr } = await frame([name]).ended;
      expect(status).toBe(1);
      expect(stderr).toContain('STG_BUG');
      expect(stderr).toContain(text);
      expect(stderr).not.toContain('unsettled');
    }
  });

  it('keeps the exit status of a command that leaves something open', async () => {
    expect(await frame(['leak']).ended).toMatchObject({ status: 3, stderr: '' });
  });
});

describe('streams', () => {
  const piped = (command: string) =>
    new Promise<{ status: number | null; stderr: string; stdout: string }>((resolve) => {
      const child = spawn('bash', ['-c', `${command}; exit "\${PIPESTATUS[0]}"`], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, NODE: process.execPath, SCRIPT: script, BIN, LANG: 'C.UTF-8' },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (data) => {
        stdout += data;
      });
      child.stderr.on('data', (data) => {
        stderr += data;
      });
      child.on('close', (status) => resolve({ status, stdout, stderr }));
    });

  it('takes a closed pipe for a wish to stop', async () => {
    expect(await piped('"$NODE" "$BIN" config | head -0')).toEqual({ status: 0, stdout: '', stderr: '' });
    const { status, stdout, stderr } = await piped('"$NODE" "$SCRIPT" stream | head -2');
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: 'line 0\nline 1\n',
      stderr: 'stopped\n',
    });
  });

  it('does not call a wait interrupted that a closed pipe cut short', async () => {
    const { status, stdout, stderr } = await piped('"$NODE" "$SCRIPT" feed | head -1');
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'line 0\n', stderr: '' });
  });

  it('fails when stdout cannot be written for another reason', async () => {
    const { status, stderr } = await piped('"$NODE" "$BIN" config > /dev/full');
    expect(status).toBe(1);
    expect(stderr).toContain('STG_OUTPUT_WRITE');
    expect(stderr).toContain('ENOSPC');
  });

  it('survives a closed stderr', async () => {
    expect(await piped('"$NODE" "$SCRIPT" progress 2>&-')).toMatchObject({ status: 0 });
  });

  it('writes a large result completely before it ends', async () => {
    const { stdout } = await piped('"$NODE" "$BIN" config --schema --json | (sleep 0.2; cat)');
    expect(JSON.parse(stdout)).toHaveProperty('properties.log');
  });

  it('never asks without a terminal', async () => {
    const { stdout } = await frame(['context', '--yes', '--json']).ended;
    expect(JSON.parse(stdout)).toEqual({ interactive: false, yes: true, version: '1.2.3' });
  });

  it('shows progress as plain lines without a terminal', async () => {
    expect(await frame(['progress']).ended).toMatchObject({ stdout: '', stderr: 'working\n✓ worked\n' });
  });
});

describe('what was typed', () => {
  it.each([
    [['lodtest'], 'STG_COMMAND_UNKNOWN', 'All commands: stargate --help'],
    [['confg'], 'STG_COMMAND_UNKNOWN', 'Did you mean stargate config?'],
    [['config', '--prot', '1'], 'STG_OPTION_UNKNOWN', 'Did you mean --port?'],
    [['--port', '1', 'config'], 'STG_OPTION_UNKNOWN', 'Options stand behind the command'],
    [['config', '--port'], 'STG_OPTION_INVALID', 'A value is missing'],
    [['config', 'extra'], 'STG_OPTION_INVALID', 'more arguments'],
    [['completion'], 'STG_OPTION_INVALID', 'SHELL is missing'],
    [['completion', 'tcsh'], 'STG_OPTION_INVALID', 'bash, zsh, fish'],
    [['constructor'], 'STG_COMMAND_UNKNOWN', 'All commands'],
  ])('refuses %j with %s', async (args, code, text) => {
    const { status, stdout, stderr } = await stargate(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(code);
    expect(stderr).toContain(text);
    const { stdout: json, stderr: rest } = await stargate(['--json', ...args]);
    expect(JSON.parse(json).error.code).toBe(code);
    expect(rest).toBe('');
  });

  it.each([[['--help']], [[]], [['-h']], [['help']]])('lists the commands for %j', async (args) => {
    const { status, stdout, stderr } = await stargate(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/config {2,}Show/);
    expect(stdout).toContain('embedded:DIR');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([[['config', '--help']], [['help', 'config']], [['--help', 'config']]])(
    'explains a command for %j, within 80 columns',
    async (args) => {
      const { status, stdout } = await stargate(args);
      expect(status).toBe(0);
      expect(stdout).toContain('--admin-port <N|off>');
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    },
  );

  it('refuses an old Node before it loads what that cannot read', async () => {
    const old = "Object.defineProperty(process,'versions',{value:{node:'20.18.3'}})";
    const { status, stderr } = await stargate(['config'], {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(old)}` },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('STG_NODE_UNSUPPORTED');
    expect(stderr).toContain('20.19 or newer');
  });

  it('prints the version', async () => {
    const { stdout } = await stargate(['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?\n$/);
  });
});

describe('colour and symbols', () => {
  const red = '\u001b[31m';
  it.each([
    [{}, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '1', TERM: 'dumb' }, true],
    [{ FORCE_COLOR: '0' }, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [{ NO_COLOR: '1' }, false],
  ])('with %j', async (env, colour) => {
    const { stderr } = await stargate(['nonsense'], { env });
    expect(stderr.includes(red)).toBe(colour);
  });

  it('--no-color wins over FORCE_COLOR, in front and behind', async () => {
    for (const args of [
      ['config', '--no-color'],
      ['--no-color', 'config'],
      ['config', '--help', '--no-color'],
    ]) {
      const { stdout } = await stargate(args, { env: { FORCE_COLOR: '1' } });
      expect(stdout).not.toContain('\u001b');
    }
  });

  it('speaks ASCII where the locale is not UTF-8', async () => {
    const { stderr } = await stargate(['nonsense'], { env: { LANG: 'C' } });
    expect(stderr).toMatch(/^x STG_COMMAND_UNKNOWN {2}There is no command "nonsense"\./);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII is what is claimed.
    expect(stderr).toMatch(/^[\x00-\x7f]*$/);
  });
});
