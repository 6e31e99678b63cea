import { dataLayer } from './data-layer.js';
import { isObject, slot } from './storage.js';

export interface Choice {
  readonly analytics: boolean;
  readonly ads: boolean;
}

const stored = slot<Choice | null>('localStorage', 'casa-ipe.consent', null, isObject);

/** What the visitor chose; null until then. */
export const chosen = () => stored.read();
export const mayMeasure = () => chosen()?.analytics === true;

/** Consent Mode reads `arguments` objects; an array would be another message. */
function gtag(..._: unknown[]): void {
  // biome-ignore lint/complexity/noArguments: this very object is the protocol
  dataLayer.push(arguments);
}

const state = (granted: boolean) => (granted ? 'granted' : 'denied');

function update({ analytics, ads }: Choice): void {
  gtag('consent', 'update', {
    analytics_storage: state(analytics),
    ad_storage: state(ads),
    ad_user_data: state(ads),
    ad_personalization: state(ads),
  });
}

/** Must run before anything else is pushed: denied by default, then what the visitor chose on an earlier page. */
export function startConsent(): void {
  gtag('consent', 'default', {
    analytics_storage: 'denied',
    ad_storage: 'denied',
    ad_user_data: 'denied',
    ad_personalization: 'denied',
    functionality_storage: 'granted',
    security_storage: 'granted',
  });
  const choice = chosen();
  if (choice) update(choice);
}

export function choose(choice: Choice): void {
  stored.write(choice);
  update(choice);
}
