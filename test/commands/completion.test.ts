import { execFileSync, spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { stargate } from '../helpers/cli.js';

const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const scripts: Record<string, string> = {};

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish'])
    scripts[shell] = (await stargate(['completion', shell])).stdout;
}, 180_000);

/** What bash itself offers for a line, by its own completion function. */
function complete(...line: readonly string[]): string[] {
  const words = line.map((word) => `'${word}'`).join(' ');
  const script = `${scripts.bash}
COMP_WORDS=(stargate ${words}); COMP_CWORD=${line.length}
_stargate; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const options = {
    encoding: 'utf8' as const,
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'],
  };
  return execFileSync('bash', ['--norc', '-uc', script], options).split('\n').filter(Boolean);
}

describe('in bash', () => {
  it.each([
    [['co'], ['config', 'completion']],
    [['completion', ''], expect.arrayContaining(['bash', 'zsh', 'fish', '--help'])],
    [['config', '--adm'], ['--admin-port']],
    [
      ['config', '--ack', ''],
      ['log', 'spool', 'fast'],
    ],
    [['config', '--ack', 's'], ['spool']],
    [['config', '--config', ''], []],
    [['nonsense', ''], []],
  ])('offers for %j', (line, offered) => {
    expect(complete(...line)).toEqual(offered);
  });

  it('offers every option that the help names', async () => {
    const { stdout } = await stargate(['config', '--help']);
    const named = stdout.match(/^ +(-h, )?(--[a-z-]+)/gm)?.map((line) => line.replace(/.*--/, '--'));
    expect(complete('config', '--').sort()).toEqual(named?.sort());
  });

  it('is registered by sourcing it', () => {
    const out = execFileSync('bash', ['--norc', '-c', `${scripts.bash}\ncomplete -p stargate`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(out).toContain('-F _stargate stargate');
  });
});

describe.skipIf(!has('zsh'))('in zsh [skipped where zsh is missing]', () => {
  it('is valid', () => {
    expect(spawnSync('zsh', ['-n'], { input: scripts.zsh }).status).toBe(0);
  });
});

describe.skipIf(!has('fish'))('in fish [skipped where fish is missing]', () => {
  it('offers commands and choices', () => {
    const ask = (line: string) =>
      execFileSync('fish', ['--no-config', '-c', `${scripts.fish}\ncomplete -C '${line}'`], {
        encoding: 'utf8',
      });
    expect(ask('stargate co')).toContain('completion');
    expect(ask('stargate config --ack ')).toContain('spool');
  });
});

describe('every script', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s names all commands and options', (shell) => {
    for (const word of ['config', 'completion', 'admin-port', 'no-input', 'spool'])
      expect(scripts[shell]).toContain(word);
  });
});
