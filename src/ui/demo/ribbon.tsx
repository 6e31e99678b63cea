import { useLayoutEffect, useState } from 'preact/hooks';
import { scrubbedParts } from '../live/json.js';
import { chosen, mayMeasure } from './consent.js';
import { slot } from './storage.js';
import type { Step, Trail } from './trail.js';

const opened = slot('sessionStorage', 'casa-ipe.ribbon', false, (value) => typeof value === 'boolean');
const seconds = new Intl.NumberFormat('pt-BR', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const time = new Intl.DateTimeFormat('pt-BR', { timeStyle: 'medium' });

/** What was pushed, what was sent, and what can be queried by now. */
export function Ribbon({ trail }: { trail: Trail }) {
  const [steps, setSteps] = useState(trail.steps());
  const [open, setOpen] = useState(opened.read());
  const [picked, setPicked] = useState<number | null>(null);
  useLayoutEffect(() => trail.watch(() => setSteps(trail.steps())), [trail]);
  const newest = [...steps].reverse();
  const current = picked === null ? newest[0] : (newest.find(({ at }) => at === picked) ?? newest[0]);
  function toggle(): void {
    opened.write(!open);
    setOpen(!open);
  }
  return (
    <aside class={`rib ${open ? 'open' : ''}`} aria-label="Eventos enviados ao Stargate">
      <button type="button" class="rb" aria-expanded={open} aria-controls="ribbon" onClick={toggle}>
        <svg class="m" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 22V12a8 8 0 0 1 16 0v10" fill="none" stroke="currentColor" stroke-width="3" />
          <circle cx="12" cy="13.5" r="3.2" fill="var(--s-acc)" />
        </svg>
        <Headline steps={newest} />
        <svg class="chev moves" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4 10l4-4 4 4" fill="none" stroke="currentColor" stroke-width="1.5" />
        </svg>
      </button>
      {open && (
        <div class="rbody" id="ribbon">
          <ul class="evs" aria-label="Eventos">
            {!newest.length && <li class="quiet">Nada foi colocado no dataLayer ainda.</li>}
            {newest.map((step) => (
              <StepLine
                key={`${step.at}${step.name}`}
                step={step}
                current={step === current}
                pick={() => setPicked(step.at)}
              />
            ))}
          </ul>
          {current && <StepDetail step={current} />}
        </div>
      )}
    </aside>
  );
}

function Headline({ steps }: { steps: readonly Step[] }) {
  const sent = steps.filter(({ state }) => state === 'sent' || state === 'stored');
  const last = sent[0];
  const quiet = !chosen()
    ? 'aguardando o seu consentimento'
    : !mayMeasure()
      ? 'medição recusada: nada é enviado'
      : '';
  return (
    <>
      <b>{sent.length === 1 ? '1 evento enviado' : `${sent.length} eventos enviados`}</b>
      <span class="last" role="status">
        {quiet}
        {!quiet && last && (
          <>
            último: <code>{last.name}</code>
            {last.queryableMs !== null && `, consultável em ${seconds.format(last.queryableMs / 1000)} s`}
          </>
        )}
      </span>
    </>
  );
}

const STATES: Record<Step['state'], string> = {
  pushed: 'no dataLayer',
  held: 'não enviado',
  sent: 'enviado',
  refused: 'recusado',
  stored: 'consultável',
  rejected: 'com erro',
};

function StepLine({ step, current, pick }: { step: Step; current: boolean; pick: () => void }) {
  return (
    <li>
      <button type="button" class="ev" aria-current={current} onClick={pick}>
        <i>{time.format(step.at)}</i>
        <code>{step.name}</code>
        <span class="sc">
          {step.redactions > 0 && (step.redactions === 1 ? '1 removido' : `${step.redactions} removidos`)}
        </span>
        <span class={`se ${step.state}`}>{STATES[step.state]}</span>
        <span class="k">{step.kind}</span>
      </button>
    </li>
  );
}

const WORDS: Record<Step['state'], string> = {
  pushed: 'No dataLayer; o rastreador ainda não o enviou.',
  held: 'Sem o seu aceite, o rastreador não envia nada.',
  sent: 'Enviado e gravado no log; em instantes pode ser consultado.',
  refused: 'O coletor recusou a requisição.',
  stored: 'Gravado como está abaixo.',
  rejected: 'Guardado como rejeitado; a página ao vivo mostra o motivo.',
};

function StepDetail({ step }: { step: Step }) {
  const removed =
    step.redactions === 1
      ? '1 dado pessoal foi removido antes do log. '
      : `${step.redactions} dados pessoais foram removidos antes do log. `;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="rp" aria-label={step.name} tabIndex={0}>
      <p>
        {step.redactions > 0 && removed}
        {WORDS[step.state]} <a href="/">Ver na página ao vivo</a>
      </p>
      <pre>
        {scrubbedParts(JSON.stringify(step.payload, null, 2)).map((part, index) =>
          part.scrubbed ? <mark key={index}>{part.text}</mark> : part.text,
        )}
      </pre>
    </section>
  );
}
