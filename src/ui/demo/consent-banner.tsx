import { useEffect, useRef, useState } from 'preact/hooks';
import { type Choice, chosen } from './consent.js';

/** Accept and refuse weigh the same; choosing opens the single purposes. */
export function ConsentBanner({ decide }: { decide: (choice: Choice) => void }) {
  const before = chosen();
  const [detailed, setDetailed] = useState(before !== null);
  const [choice, setChoice] = useState<Choice>(before ?? { analytics: false, ads: false });
  const box = useRef<HTMLElement>(null);
  // Reopened by the visitor: the focus goes there. On a first visit the page keeps it.
  useEffect(() => {
    if (before) box.current?.focus();
  }, []);
  return (
    <section ref={box} class="consent" aria-labelledby="consent-title" tabIndex={-1}>
      <h2 id="consent-title">Cookies e medição</h2>
      <p>Usamos cookies para medir visitas e melhorar a loja. Sem o seu aceite, nenhum evento é enviado.</p>
      {detailed && (
        <ul>
          <li>
            <label>
              <input type="checkbox" checked disabled /> Necessários (sempre ativos)
            </label>
          </li>
          <li>
            <label>
              <input
                type="checkbox"
                checked={choice.analytics}
                onChange={(event) => setChoice({ ...choice, analytics: event.currentTarget.checked })}
              />
              <span>
                Medição de visitas (<code>analytics_storage</code>)
              </span>
            </label>
          </li>
          <li>
            <label>
              <input
                type="checkbox"
                checked={choice.ads}
                onChange={(event) => setChoice({ ...choice, ads: event.currentTarget.checked })}
              />
              <span>
                Publicidade (<code>ad_storage</code>)
              </span>
            </label>
          </li>
        </ul>
      )}
      <div class="bs">
        <button type="button" class="b s" onClick={() => decide({ analytics: true, ads: true })}>
          Aceitar
        </button>
        <button type="button" class="b s" onClick={() => decide({ analytics: false, ads: false })}>
          Recusar
        </button>
        <button type="button" class="b s o" onClick={() => (detailed ? decide(choice) : setDetailed(true))}>
          {detailed ? 'Salvar' : 'Escolher'}
        </button>
      </div>
    </section>
  );
}
