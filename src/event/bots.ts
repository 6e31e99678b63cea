/** What speaks for a machine. Bots are flagged, never dropped. */
import { isbot } from 'isbot';

/** Tools whose visits a shop orders itself, by a name in their user agent. */
const TOOLS = [
  ['lighthouse', /lighthouse|pagespeed|gtmetrix|webpagetest|\bPTST\//i],
  [
    'uptime_monitor',
    /uptime|pingdom|statuscake|site24x7|betterstack|checkly|datadog ?synthetic|monitis|freshping/i,
  ],
] as const;

/** Where Google renders a page to check a container. */
const RENDERER = 'gtm-msr.appspot.com';

/** Reasons that the user agent alone gives. */
export function agentReasons(userAgent: string): string[] {
  if (userAgent.trim() === '') return ['no_user_agent'];
  const reasons = TOOLS.filter(([, pattern]) => pattern.test(userAgent)).map(([reason]) => reason as string);
  if (isbot(userAgent)) reasons.unshift('user_agent');
  return reasons;
}

export interface BotFacts {
  readonly agent: readonly string[];
  readonly webdriver: boolean;
  readonly preview: boolean;
  readonly hostname: string | null;
  readonly referrer: string | null;
}

/** All reasons, in a fixed order; empty for a person. */
export function botReasons({ agent, webdriver, preview, hostname, referrer }: BotFacts): readonly string[] {
  const isRendered =
    hostname === RENDERER ||
    (referrer !== null && /^https?:\/\/gtm-msr\.appspot\.com(?:[/:?#]|$)/.test(referrer));
  if (!webdriver && !preview && !isRendered) return agent;
  const reasons = [...agent];
  if (webdriver) reasons.push('webdriver');
  if (isRendered) reasons.push('gtm_renderer');
  if (preview) reasons.push('gtm_preview');
  return reasons;
}
