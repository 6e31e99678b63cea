import { createConsent } from './consent.js';
import { contextNow, forgetVisitor, pageNow, pauseLeft, rememberPause } from './context.js';
import { follow } from './data-layer.js';
import { isPurchase, item, restore } from './envelope.js';
import { guard } from './guard.js';
import { interpret, type Message } from './message.js';
import { merge } from './model.js';
import { payload } from './payload.js';
import { createSender } from './sender.js';
import type { Settings } from './settings.js';
import { createStore } from './store.js';
import { uuid } from './uuid.js';

/** `window.stargate` */
export interface Api {
  push(name: string, data?: object): void;
  /** Sends what waits; resolves when the requests have ended, well or not. */
  flush(): Promise<unknown>;
  /** For sites without GTM: what `gtag('consent', 'update', …)` takes. */
  consent(states: Record<string, string>): void;
  identify(userId: string): void;
  reset(): void;
}

export interface Client {
  readonly api: Api;
  /** Looks for a replaced dataLayer. */
  attach(): void;
  /** The page may end now, or `gone`: it does. */
  leave(gone: boolean): void;
  /** The page came back from the back/forward cache. */
  back(): void;
}

/** An event of this page that has neither ids nor consent yet: it gets those of the moment when it is sent. */
interface Draft {
  readonly id: string;
  readonly page: object;
  readonly event: string;
  readonly first: boolean;
}

const FLUSH_MS = 1000;
const FLUSH_EVENTS = 10;
const FLUSH_LENGTH = 32 * 1024;
const MAX_DRAFTS = 200;

/** Everything of one page: from the dataLayer through consent to the queue. */
export function createClient(settings: Settings): Client {
  const consent = createConsent(settings, () => review());
  const store = createStore(settings.key, uuid());
  const model: Record<string, unknown> = {};
  let drafts: Draft[] = [];
  let timer: ReturnType<typeof setTimeout> | 0 = 0;
  let userId = '';
  let isOpen = false;

  const sender = createSender({
    key: settings.key,
    url: settings.url,
    forget: ({ at }) => at && store.drop(at),
    asked: (until) => isOpen && rememberPause(until),
    answered(items, status) {
      const detail = { events: JSON.parse(`[${items.map((one) => one.event)}]`), status };
      dispatchEvent(new CustomEvent('stargate:sent', { detail }));
    },
  });

  /** Puts the drafts into the queue as consent allows, and sends. */
  function flush(leaving?: boolean): Promise<unknown> {
    clearTimeout(timer);
    timer = 0;
    const way = consent.gate();
    if (way !== 'hold') {
      const ready = way === 'drop' ? [] : drafts;
      const shared = ready[0] && contextNow(settings, way === 'anonymous', userId);
      drafts = [];
      for (const { id, page, event } of ready) {
        const context = JSON.stringify(Object.assign({ page, consent: consent.states() }, shared));
        const one = item(id, context, event);
        if (way === 'full') one.at = store.put(id, one.text);
        sender.add(one);
      }
    }
    return sender.flush(leaving);
  }

  function schedule(): void {
    const length = drafts.reduce((sum, one) => sum + one.event.length, 0);
    if (drafts.length >= FLUSH_EVENTS || length >= FLUSH_LENGTH || drafts.some((one) => one.first)) flush();
    else timer = timer || setTimeout(() => guard(flush), FLUSH_MS);
  }

  /** Sent at once: a visitor who goes on before the answer has been read makes every next page send it again. */
  function adopt(): void {
    const take = (at: string, id: string, text: string) => {
      const one = guard(() => restore(id, text));
      if (!one) return store.drop(at);
      one.at = at;
      sender.add(one);
    };
    store.adopt(take, () => guard(() => sender.flush()));
  }

  /** Consent may have changed: start or clear what it governs. */
  function review(): void {
    const way = consent.gate();
    if (way === 'full' && !isOpen) {
      isOpen = true;
      const left = pauseLeft();
      if (left) sender.pause(left);
      store.open();
      adopt();
    }
    if (way === 'drop') drafts = [];
    if (way === 'drop' || way === 'anonymous') {
      sender.keep((one) => /"mode":"anonymous"/.test(one.context));
      store.purge();
    }
    if (drafts[0]) schedule();
  }

  function collect(name: string, data: Record<string, unknown>, from: Record<string, unknown>): void {
    if (consent.gate() === 'drop' || drafts.length >= MAX_DRAFTS) return;
    const id = uuid();
    const parts = Object.assign({ id, name, ts: Date.now() }, payload(settings, from, data, name));
    const event = JSON.stringify(parts);
    drafts[drafts.length] = { id, page: pageNow(), event, first: isPurchase(event) };
    schedule();
  }

  /** Consent first: in what was pushed before we came, the visitor's answer may stand behind the events. */
  function take(batch: readonly unknown[]): void {
    const messages = batch.map((one) => guard(() => interpret(one)) || {}) as Message[];
    for (const { command } of messages) if (command) consent.command(command[0], command[1]);
    review();
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
      flush(true);
      if (gone) store.close();
    },
    back() {
      if (!isOpen) return;
      // The storage has the truth: another page may have sent what was left here.
      sender.keep((one) => {
        const stays = !one.at;
        one.at = '';
        return stays;
      });
      store.open();
      adopt();
    },
    api: {
      push: safe((name, data) => {
        const push = typeof data === 'object' ? Object(data) : {};
        collect(String(name), push, push);
      }),
      flush: () => guard(flush) || Promise.resolve(),
      consent: safe((values) => {
        consent.command('update', values);
        review();
      }),
      identify: safe((id) => {
        if (userId && userId !== id) flush();
        userId = String(id).slice(0, 256);
      }),
      reset: safe(() => {
        flush();
        userId = '';
        forgetVisitor();
      }),
    },
  };
}

/** A call of the page: it gets no exception of ours. */
function safe(run: (...parts: unknown[]) => void): (...parts: unknown[]) => void {
  return (...parts) => {
    guard(() => run(...parts));
  };
}
