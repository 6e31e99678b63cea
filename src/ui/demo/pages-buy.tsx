import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type CartLine, cartLines, changeCart, emptyCart, lastOrder, totals } from './cart.js';
import { Picture } from './drawings.js';
import { reais } from './products.js';
import { useShop } from './shop.js';

function EmptyCart() {
  return (
    <div class="ok">
      <h1 class="pg">Seu carrinho está vazio</h1>
      <a class="b o" href="/demo/">
        Ver os produtos
      </a>
    </div>
  );
}

export function CartPage() {
  const lines = cartLines();
  if (!lines.length) return <EmptyCart />;
  return (
    <>
      <h1 class="pg">Carrinho</h1>
      <div class="two">
        <div>
          {lines.map((line) => (
            <CartRow key={line.product.slug} line={line} />
          ))}
        </div>
        <Summary lines={lines} byPix={false}>
          <a class="b y" href="/demo/checkout">
            Ir para o pagamento
          </a>
        </Summary>
      </div>
    </>
  );
}

function CartRow({ line }: { line: CartLine }) {
  const { push, refresh } = useShop();
  const { product, quantity } = line;
  function change(by: number): void {
    changeCart(product, by);
    if (by > 0) push.add(product, by, '');
    else push.remove({ product, quantity: -by });
    refresh();
  }
  return (
    <div class="li">
      <Picture slug={product.slug} />
      <div>
        <p>{product.name}</p>
        <button
          type="button"
          class="lk"
          aria-label={`Remover ${product.name}`}
          onClick={() => change(-quantity)}
        >
          Remover
        </button>
      </div>
      <div class="qty">
        <button type="button" aria-label="Diminuir" onClick={() => change(-1)}>
          −
        </button>
        <output>{quantity}</output>
        <button type="button" aria-label="Aumentar" onClick={() => change(1)}>
          +
        </button>
      </div>
      <p class="price">{reais(product.price * quantity)}</p>
    </div>
  );
}

interface SummaryProps {
  readonly lines: readonly CartLine[];
  readonly byPix: boolean;
  readonly children: ComponentChildren;
}

function Summary({ lines, byPix, children }: SummaryProps) {
  const sums = totals(lines, byPix);
  return (
    <aside class="box">
      <h2>Resumo</h2>
      <dl>
        <div>
          <dt>Produtos</dt>
          <dd>{reais(sums.products)}</dd>
        </div>
        <div>
          <dt>Frete</dt>
          <dd>{reais(sums.shipping)}</dd>
        </div>
        {byPix && (
          <div class="pix">
            <dt>Desconto no Pix</dt>
            <dd>−{reais(sums.discount)}</dd>
          </div>
        )}
        <div class="tot">
          <dt>Total</dt>
          <dd>{reais(sums.total)}</dd>
        </div>
      </dl>
      {children}
    </aside>
  );
}

const PAYMENTS = [
  { id: 'pix', name: 'Pix', note: '5% de desconto', action: 'Pagar com Pix' },
  { id: 'cartao', name: 'Cartão de crédito, até 5x sem juros', note: '', action: 'Pagar com cartão' },
  { id: 'boleto', name: 'Boleto', note: '', action: 'Gerar boleto' },
] as const;

export function CheckoutPage() {
  const { push } = useShop();
  const [payment, setPayment] = useState<string>('pix');
  const lines = cartLines();
  if (!lines.length) return <EmptyCart />;
  function buy(submit: SubmitEvent): void {
    submit.preventDefault();
    const data = new FormData(submit.currentTarget as HTMLFormElement);
    const text = (name: string) => String(data.get(name) ?? '');
    push.payment(payment, lines, totals(lines, payment === 'pix'));
    lastOrder.write({
      number: `IPE-${10_000 + Math.floor(Math.random() * 90_000)}`,
      lines: lines.map(({ product, quantity }) => ({ slug: product.slug, quantity })),
      payment,
      customer: { name: text('name'), email: text('email'), phone: text('phone'), cpf: text('cpf') },
      reported: false,
    });
    emptyCart();
    location.assign('/demo/obrigado');
  }
  return (
    <>
      <h1 class="pg">Finalizar compra</h1>
      <div class="two">
        <form id="checkout" onSubmit={buy}>
          <Fields />
          <fieldset class="pay">
            <legend>Pagamento</legend>
            {PAYMENTS.map(({ id, name, note }) => (
              <label key={id}>
                <input type="radio" name="payment" checked={payment === id} onChange={() => setPayment(id)} />
                {name} {note && <em>{note}</em>}
              </label>
            ))}
          </fieldset>
        </form>
        <Summary lines={lines} byPix={payment === 'pix'}>
          <button type="submit" form="checkout" class="b y">
            {PAYMENTS.find(({ id }) => id === payment)!.action}
          </button>
        </Summary>
      </div>
    </>
  );
}

/** Filled with invented data: nobody should type their own here. */
function Fields() {
  return (
    <>
      <fieldset>
        <legend>Seus dados</legend>
        <div class="fs">
          <Field label="Nome completo" name="name" value="Ana Souza" size="x" />
          <Field label="E-mail" name="email" value="ana@exemplo.com.br" />
          <Field label="Celular" name="phone" value="(11) 98888-7777" />
          <Field label="CPF" name="cpf" value="529.982.247-25" />
        </div>
      </fieldset>
      <fieldset>
        <legend>Entrega</legend>
        <div class="fs">
          <Field label="CEP" name="zip" value="01310-100" size="t" />
          <Field label="Rua e número" name="street" value="Av. Paulista, 1000" size="q" />
          <Field label="Cidade" name="city" value="São Paulo" />
          <Field label="Estado" name="state" value="SP" />
        </div>
      </fieldset>
    </>
  );
}

function Field({
  label,
  name,
  value,
  size = '',
}: {
  label: string;
  name: string;
  value: string;
  size?: string;
}) {
  return (
    <label class={`f ${size}`}>
      <span>{label}</span>
      <input name={name} defaultValue={value} required autocomplete="off" />
    </label>
  );
}

export function ThanksPage() {
  const order = lastOrder.read();
  if (!order) return <EmptyCart />;
  return (
    <div class="ok">
      <h1 class="pg">
        Obrigado, {order.customer.name.split(' ')[0]}. Pedido {order.number} recebido.
      </h1>
      <p>Em uma loja real, o código de pagamento apareceria aqui. Nesta demonstração nada foi cobrado.</p>
      <p class="gapped">
        Abra a barra abaixo para ver o evento <code>purchase</code> que foi enviado, e como ele fica no log:
        sem e{'\u2011'}mail, CPF e telefone.
      </p>
      <a class="b o" href="/demo/">
        Voltar à loja
      </a>
    </div>
  );
}
