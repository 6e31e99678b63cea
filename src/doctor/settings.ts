/** What was found of the configuration, as findings. */
import type { StargateError } from '../errors.js';
import type { CheckCode } from './codes.js';
import type { Check } from './port.js';
import { failed, ok, unknown, warning } from './port.js';

/** `file`: the configuration file that was read, or null. */
export const settingsCheck = (file: string | null): Check => ({
  code: 'STG_CONFIG',
  look: async () => ok(file ?? 'no stargate.json here: defaults, environment and flags'),
});

/** What was read and is not followed. */
export const ignoredChecks = (notices: readonly string[]): Check[] =>
  notices.map((notice) => ({
    code: 'STG_CONFIG_IGNORED',
    look: async () => warning(notice, 'stargate config shows every setting and where it came from'),
  }));

/** Each fault that the configuration could not be read for. */
export const faultChecks = ({ message, expected, got, next, items }: StargateError): Check[] => {
  const single = [
    {
      at: `${message.replace(/\.$/, '')}:`,
      text: `expected ${expected ?? 'another value'}; got ${got ?? 'this one'}`,
    },
  ];
  return (items.length > 0 ? items : single).map(({ at, text }) => ({
    code: 'STG_CONFIG',
    look: async () => failed(`${at} ${text}`, items.length > 0 ? undefined : next),
  }));
};

/** What nobody knows where to look for. */
export const untoldChecks = (codes: readonly CheckCode[]): Check[] =>
  codes.map((code) => ({
    code,
    look: async () => unknown('the configuration has to say where, and has a fault'),
  }));
