import { createConsent, gate } from './consent.js';
import { contextNow, forget, pageNow, pauseLeft, rememberPause } from './context.js';
import { follow } from './data-layer.js';
import { item, restore } from './envelope.js';
import { guard } from './guard.js';
import { interpret, type Message } from './message.js';
import { merge } from './model.js';
import { isPurchase, payload } from './payload.js';
import { createSender } from './sender.js';
import type { Settings } from './settings.js';
import { createStore } from './store.js';
import { uuid } from './uuid.js';

/** `window.stargate` */
export interface Api {
  push(name: string, data?: object): void;
  flush(): Promise<void>;
  /** For sites without GTM: what `gtag('consent', 'update', …)` takes. */
  consent(states: Record<string, string>): void;
  identify(userId: string): void;
  reset(): void;
}

interface Draft {
  readonly page: string;
  readonly event: string;
  readonly first: boolean;
}

const MAX_HELD = 200;
const ANONYMOUS = '"mode":"anonymous"';

/** Everything of one page: from the dataLayer through consent to the queue. */
export function createClient(settings: Settings): {
  api: Api;
  attach: () => void;
  leave(gone: boolean): void;
  back(): void;
} {
  const consent = createConsent(settings.region);
  const store = createStore(settings.key, uuid());
  const model: Record<string, unknown> = {};
  let held: Draft[] = [];
  let userId = '';
  let isOpen = false;
  let waitFor = 0;
  let waiting = false;
  let context = { text: '', at: 0 };

  const sender = createSender({
    key: settings.key,
    url: settings.url,
    forget: ({ at }) => at && store.drop(at),
    // GA's cookie often comes a moment after the first event: one visitor should have one id.
    stamp: (one) => (isOpen && one.context.indexOf('"stargate"') > 0 ? currentContext(false) : one.context),
    asked: (until) => isOpen && rememberPause(until),
    answered(items, status) {
      const detail = { events: items.map((one) => JSON.parse(one.event)), status };
      window.dispatchEvent(new CustomEvent('stargate:sent', { detail }));
    },
  });

  const forcedOff = () =>
    (settings.gpc && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl) ||
    (settings.dnt && navigator.doNotTrack === '1');

  function states(): Record<string, string> {
    const all = consent.all();
    if (forcedOff()) all.analytics_storage = 'denied';
    return all;
  }

  const gateNow = () =>
    forcedOff() ? gate('denied', false, settings) : gate(consent.of('analytics_storage'), waiting, settings);

  /** Reading cookies and storage costs more than the event: once a second is enough. */
  function currentContext(anonymous: boolean): string {
    if (anonymous) return contextNow(settings, true, '');
    const now = Date.now();
    if (!context.text || Math.abs(now - context.at) > 900)
      context = { text: contextNow(settings, false, userId), at: now };
    return context.text;
  }

  function admit(draft: Draft): void {
    const way = gateNow();
    if (way === 'hold' && held.length < MAX_HELD) held[held.length] = draft;
    if (way === 'hold' || way === 'drop') return;
    const one = item(
      currentContext(way === 'anonymous'),
      draft.page,
      JSON.stringify(states()),
      draft.event,
      draft.first,
    );
    if (way === 'full') one.at = store.put(one.id, one.text);
    sender.add(one);
  }

  /** Consent may have changed: start or clear what it governs, then look at the waiting events again. */
  function review(): void {
    const way = gateNow();
    if (way === 'hold') return;
    if (way !== 'full') {
      sender.keep((one) => one.context.indexOf(ANONYMOUS) > 0);
      store.purge();
      forget(true);
    } else if (!isOpen) {
      isOpen = true;
      const left = pauseLeft();
      if (left) sender.pause(left);
      store.open();
      store.adopt(adopt);
    }
    const drafts = held;
    held = [];
    drafts.forEach(admit);
  }

  function adopt(at: string, id: string, text: string): void {
    const one = guard(() => restore(id, text));
    if (!one) store.drop(at);
    else if (!sender.items().some((other) => other.id === id)) {
      one.at = at;
      sender.add(one);
    }
  }

  function command(action: unknown, values: unknown): void {
    const ms = consent.command(action, values);
    context.text = '';
    const turn = action === 'update' || ms ? ++waitFor : 0;
    if (turn) waiting = ms > 0;
    const over = () => {
      if (turn === waitFor) {
        waiting = false;
        review();
      }
    };
    if (ms) setTimeout(() => guard(over), ms);
  }

  function collect(name: string, data: Record<string, unknown>, from: Record<string, unknown>): void {
    if (settings.ignore.indexOf(name) >= 0) return;
    const event = { id: uuid(), name: name.slice(0, 256), ts: Date.now() };
    admit({
      page: pageNow(),
      event: JSON.stringify(Object.assign(event, payload(settings, from, data))),
      first: isPurchase(name, data),
    });
  }

  /** Consent first: in what was pushed before we came, the visitor's answer may stand behind the events. */
  function take(batch: readonly unknown[]): void {
    const messages = batch.map((one) => guard(() => interpret(one))).filter(Boolean) as Message[];
    const commands = messages.filter((one) => one.consent);
    for (const { consent: parts } of commands) command(parts![0], parts![1]);
    if (commands.length) review();
    for (const { name, data } of messages) {
      guard(() => {
        if (data && settings.mode !== 'push') merge(data, model);
        if (data && name) collect(name, data, model);
      });
    }
  }

  const attach = follow(settings.layer, take);
  attach();
  review();

  return {
    attach,
    leave(gone) {
      attach();
      if (gone) sender.abandon();
      sender.flush(true);
      if (gone) store.close();
    },
    back() {
      if (!isOpen) return;
      sender.handBack();
      store.open();
      store.adopt(adopt);
    },
    api: {
      push: (name, data) =>
        void guard(() => {
          const push = Object.assign({ event: name }, data);
          collect(String(name), push, push);
        }),
      flush: () => guard(() => sender.flush()) || Promise.resolve(),
      consent: (values) =>
        void guard(() => {
          command('update', values);
          review();
        }),
      identify(id) {
        userId = guard(() => String(id).slice(0, 256)) || '';
        context.text = '';
      },
      reset() {
        userId = '';
        context.text = '';
        forget(false);
      },
    },
  };
}
