/** What a user agent tells, coarsely: parsed once per text, kept in a bounded cache. */
import Bowser from 'bowser';
import { agentReasons } from './bots.js';
import { Cache } from './cache.js';
import { clip } from './text.js';

export interface Agent {
  readonly category: string | null;
  readonly browser: string | null;
  readonly browserVersion: string | null;
  /** The name only: browsers have frozen the version in it. */
  readonly os: string | null;
  readonly botReasons: readonly string[];
}

/** Longer ones are cut: no browser sends more, and the patterns below cost time by length. */
const MAX_AGENT = 512;
const SHAPE = /^[\x20-\x7e]*$/;

const agents = new Cache<Agent>(2048);

/** Parses a user agent: 30 µs the first time, a look-up after that. Empty text gives an agent of nulls. */
export function agentOf(userAgent: string): Agent {
  return agents.get(clip(userAgent, MAX_AGENT), parse);
}

function parse(userAgent: string): Agent {
  const botReasons = agentReasons(userAgent);
  const nothing = { category: null, browser: null, browserVersion: null, os: null };
  if (userAgent === '') return { ...nothing, botReasons };
  const { browser, os, platform } = Bowser.parse(userAgent);
  return {
    category: platform.type ?? (botReasons.length > 0 ? 'bot' : null),
    browser: named(browser.name),
    browserVersion: named(browser.version),
    os: named(os.name),
    botReasons,
  };
}

/** Bowser takes names of unknown browsers from the text itself: only what can be a name is kept. */
const named = (text: string | undefined): string | null =>
  text && text.length <= 64 && SHAPE.test(text) ? text : null;
