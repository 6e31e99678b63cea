import { describe, expect, it } from 'vitest';
import { createScrubber } from '../../src/event/scrub.js';

const scrubber = createScrubber({ keys: [], allow: [] });

function tree(value: unknown, from = scrubber): { value: unknown; redactions: number } {
  const tally = { redactions: 0 };
  return { value: from.tree(value, tally), ...tally };
}
const text = (given: string): string => scrubber.text(given, { redactions: 0 });
const url = (given: string): string => scrubber.url(given, { redactions: 0 });

describe('values in texts', () => {
  it.each([
    // e-mail
    ['joao@example.com', '[email]'],
    ['Fale com joao.silva+news@mail.example.com.br, por favor', 'Fale com [email], por favor'],
    ['<maria@example.org>;(ana@example.org)', '<[email]>;([email])'],
    ['joão@exämple.com', '[email]'],
    ['joao%40example.com', '[email]'],
    ['joao%2540example.com', '[email]'],
    ['joao&#64;example.com', '[email]'],
    ['joao＠example.com', '[email]'],
    ['mailto:joao@example.com?subject=oi', 'mailto:[email]?subject=oi'],
    ['a@b.co@c.dev', '[email]@c.dev'],
    // CPF and CNPJ
    ['CPF 529.982.247-25.', 'CPF [cpf].'],
    ['529982247-25', '[cpf]'],
    ['529 982 247 25', '[cpf]'],
    ['529.982.247/25', '[cpf]'],
    ['529.982.24725', '[cpf]'],
    ['529.982.247–25', '[cpf]'],
    ['cpf: 52998224725', 'cpf: [cpf]'],
    ['CNPJ 11.222.333/0001-81', 'CNPJ [cnpj]'],
    ['11222333/0001-81', '[cnpj]'],
    ['cnpj=11222333000181', 'cnpj=[cnpj]'],
    ['12.ABC.345/01DE-35', '[cnpj]'],
    ['12.abc.345/01de-35', '[cnpj]'],
    ['12ABC345/01DE-35', '[cnpj]'],
    // cards: test numbers that the issuers publish
    ['4111111111111111', '[card]'],
    ['4111 1111 1111 1111', '[card]'],
    ['5555-5555-5555-4444', '[card]'],
    ['2 5555555555554444', '2 [card]'],
    ['1234 4111 1111 1111 1111', '1234 [card]'],
    ['2223003122003222', '[card]'],
    ['3782 822463 10005', '[card]'],
    ['378282246310005', '[card]'],
    ['3056 930902 5904', '[card]'],
    ['6011111111111117', '[card]'],
    ['3530111333300000', '[card]'],
    ['6362970000457013', '[card]'],
    ['6062826786276634', '[card]'],
    ['5066991111111118', '[card]'],
    ['529.982.247-25.4111111111111111', '[cpf].[card]'],
    // phones
    ['(11) 91234-5678', '[phone]'],
    ['(11)91234-5678', '[phone]'],
    ['(11) 3234-5678', '[phone]'],
    ['+55 11 91234-5678', '[phone]'],
    ['+5511912345678', '[phone]'],
    ['+55 (11) 3234-5678', '[phone]'],
    ['11 91234-5678', '[phone]'],
    ['11 9 1234-5678', '[phone]'],
    ['11 91234 5678', '[phone]'],
    ['11 912345678', '[phone]'],
    ['(011) 91234-5678', '[phone]'],
    ['ligue 21 3234-5678 ou 21 99876.5432', 'ligue [phone] ou [phone]'],
    ['tel:11912345678', 'tel:[phone]'],
    ['https://wa.me/5511912345678', 'https://wa.me/[phone]'],
    // mixed
    ['{"email":"a@example.com","page":1}', '{"email":"[email]","page":1}'],
    ['[{"nome_cliente":"Ana"}]', '[{"nome_cliente":"[name]"}]'],
    ['{"nome_cliente":"Ana","cut":"here', '{"nome_cliente":"[name]","cut":"here'],
    ['nome_cliente=Ana Maria&total=10', 'nome_cliente=[name]&total=10'],
    ['name=a name=b&email=c', 'name=[name]&email=[email]'],
    ['name=/?email=c', 'name=/?email=[email]'],
    ['name=a name=b&x=c', 'name=a name=b&x=c'],
    ['sid=1; token=abc; theme=dark', 'sid=1; token=[secret]; theme=dark'],
  ])('%s', (given, expected) => {
    expect(text(given)).toBe(expected);
    expect(text(expected), 'again').toBe(expected);
  });

  it.each([
    // numbers of trade and time
    'R$ 1.234.567,89',
    '2026-11-23T14:32:04.655Z',
    '2026-11-23 14:32:04',
    '23/11/2026 14:32',
    '1764000000000',
    '7891000315507',
    '17641234567890',
    '0.4532015112830366',
    '12345678901234567890',
    '1234567890.1716400000',
    'GA1.2.1234567890.1716400000',
    'T-20261123-0042',
    '1234567890123-01',
    '701-1234567-1234567',
    '000000123',
    'v1.2.3-beta.4',
    '192.168.100.200',
    '1920x1080',
    '100000000+ views',
    '2024-2025',
    '10-20-30-40',
    '11 1234-5678',
    // numbers that only look like documents: the check digits are wrong, or they are nobody's
    '529.982.247-26',
    '111.111.111-11',
    '000.000.000-00',
    '11.222.333/0001-82',
    '4111111111111112',
    '9999999999999995',
    '1234567812345670',
    '52998224725',
    '11222333000181',
    '11912345678',
    '5511912345678',
    '4532 0151 1283',
    '00.000.000/0000-00',
    '(00) 91234-5678',
    '(20) 91234-5678',
    // ids
    '550e8400-e29b-41d4-a716-446655440000',
    '0190a3b4-1c2d-7e3f-8a9b-0c1d2e3f4a5b',
    'd41d8cd98f00b204e9800998ecf8427e',
    'Cj0KCQiA0fu5BhDQARIsAMXUBOKpX',
    'fb.1.1716400000000.1234567890',
    // texts with the characters that start a rule
    'logo@2x.png',
    'https://medium.com/@joao',
    '@media (min-width: 100px)',
    'a @ b',
    'joao@',
    '@example.com',
    'x@localhost',
    '50% off',
    '100%',
    'a=b',
    'name=x',
    '1+1=2',
    'Tom & Jerry',
    '[object Object]',
    '{not json}',
    '[1, 2]',
    '{"a":1}',
    'pkg@1.2.3',
    'c&#xe7;',
    '%zz%4',
    'clique:menu-superior',
    '/archives/2024-11',
    '/p/tenis-azul/42-43',
    '',
  ])('keeps %s', (given) => {
    expect(text(given)).toBe(given);
  });
});

describe('addresses', () => {
  it.each([
    ['https://loja.example/?email=a%40example.com&ok=1', 'https://loja.example/?email=[email]&ok=1'],
    ['https://loja.example/?email=naoeemail', 'https://loja.example/?email=[email]'],
    ['/busca?q=joao%40example.com&p=2', '/busca?q=[email]&p=2'],
    ['/?nome=Jo%C3%A3o&telefone=11+91234-5678', '/?nome=[name]&telefone=[phone]'],
    ['/?name=foo&p=1', '/?name=foo&p=1'],
    ['/?customer%5Bfirst_name%5D=Ana&x=1', '/?customer%5Bfirst_name%5D=[name]&x=1'],
    ['/?doc=529.982.247-25', '/?doc=[id]'],
    ['/?q=529.982.247-25', '/?q=[cpf]'],
    ['/?q=4111+1111+1111+1111', '/?q=[card]'],
    ['/?q=4111%201111%201111%201111', '/?q=[card]'],
    ['/?q=%2811%29%2091234-5678', '/?q=[phone]'],
    ['/cliente/cpf/52998224725/pedidos', '/cliente/cpf/[cpf]/pedidos'],
    ['/conta/joao@example.com/pedidos', '/conta/[email]/pedidos'],
    ['/#/entrar?token=abc&x=1', '/#/entrar?token=[secret]&x=1'],
    ['/#access_token=abc.def', '/#access_token=[secret]'],
    ['https://user:pw@loja.example/x', 'https://[secret]@loja.example/x'],
    [
      '/entrar?volta=https%3A%2F%2Floja.example%2F%3Femail%3Djoao%2540example.com%26a%3D1',
      '/entrar?volta=https%3A%2F%2Floja.example%2F%3Femail%3D[email]%26a%3D1',
    ],
    ['/?user_id=52998224725', '/?user_id=[cpf]'],
    ['/?em=d41d8cd98f00b204e9800998ecf8427e', '/?em=[email]'],
    ['/?email=&cpf=', '/?email=&cpf='],
    ['/?email=a%zz@example.com', '/?email=[email]'],
  ])('%s', (given, expected) => {
    expect(url(given)).toBe(expected);
    expect(url(expected), 'again').toBe(expected);
  });

  it.each([
    '/?gclid=4111111111111111&_ga=2.4111111111111111.5&fbclid=4111111111111111',
    '/?utm_source=google&utm_campaign=ver%C3%A3o%2026&sku=4111111111111111&pedido=4111111111111111',
    'https://www.google.com/maps/@-23.5505,-46.6333,15z',
    '/p/t%C3%AAnis?cor=azul&tamanho=42&em=promocao&fn=x',
    '/?session_id=4111111111111111&ts=4111111111111111&transaction_id=4111111111111111',
    '/?email_opt_in=1&form_name=lead&item_name=x&card_brand=visa&gift_card=1',
  ])('keeps %s', (given) => {
    expect(url(given)).toBe(given);
  });
});

describe('trees', () => {
  it('replaces what is under a personal key as a whole, and keeps what says nothing', () => {
    const given = {
      email: 'x',
      phone: 11912345678,
      address: { street: 'Rua A' },
      cpf: ['1', '2'],
      user_data: { a: { b: 1 } },
      email_opt_in: true,
      newsletter: { email: false },
      first_name: '',
      last_name: null,
      senha: 'undefined',
      telefone: '(not set)',
      endereco: {},
      cep: [],
      credit_card: 3,
      card: 'visa',
      whatsapp: 'click',
    };
    expect(tree(given)).toEqual({
      value: {
        ...given,
        email: '[email]',
        phone: '[phone]',
        address: '[address]',
        cpf: '[cpf]',
        user_data: '[removed]',
      },
      redactions: 5,
    });
  });

  it('keeps names of things, and removes names of people', () => {
    const given = {
      name: 'generate_lead',
      user: { name: 'Ana', id: 7, plan: { name: 'gold' } },
      customer: { data: { name: 'Ana' }, nome: 'Ana', type: 'new' },
      billing: [{ name: 'Ana' }],
      ecommerce: { items: [{ name: 'Tênis', brand: { name: 'Ipê' } }], name: 'x' },
      lead: { form: { name: 'contact' } },
      contactForm: { nome: 'Ana', telefone: '11912345678', mensagem: 'Oi' },
      store: { name: 'Centro', city: 'Recife' },
      products: [{ name: 'Gift card', recipientEmail: 'x' }],
    };
    expect(tree(given)).toEqual({
      value: {
        ...given,
        user: { name: '[name]', id: 7, plan: { name: 'gold' } },
        customer: { data: { name: '[name]' }, nome: '[name]', type: 'new' },
        billing: [{ name: '[name]' }],
        contactForm: { nome: '[name]', telefone: '[phone]', mensagem: 'Oi' },
        products: [{ name: 'Gift card', recipientEmail: '[email]' }],
      },
      redactions: 7,
    });
  });

  it('reads forms and pairs', () => {
    const given = {
      inputs: [
        { name: 'your-name', value: 'Ana' },
        { name: 'cpf', value: '1' },
        { name: 'ok', value: true },
      ],
      attributes: [
        { name: 'color', value: 'red' },
        { key: 'email', value: 'x' },
        { label: 'Telefone', value: 1 },
      ],
      value: 10,
    };
    expect(tree(given)).toEqual({
      value: {
        inputs: [
          { name: 'your-name', value: '[removed]' },
          { name: 'cpf', value: '[cpf]' },
          { name: 'ok', value: true },
        ],
        attributes: [
          { name: 'color', value: 'red' },
          { key: 'email', value: '[email]' },
          { label: 'Telefone', value: '[phone]' },
        ],
        value: 10,
      },
      redactions: 4,
    });
  });

  it('knows orderData.customer, and customers elsewhere', () => {
    expect(tree({ orderData: { customer: { id: 1 }, total: 2 }, customer: { id: 1 } })).toEqual({
      value: { orderData: { customer: '[removed]', total: 2 }, customer: { id: 1 } },
      redactions: 1,
    });
  });

  it('leaves ids and times alone, whatever their digits', () => {
    const digits = '4111111111111111';
    const keys = [
      'event_id',
      'user_pseudo_id',
      'clientId',
      'client_id',
      'session_id',
      'transaction_id',
      'item_id',
      'sku',
      'gclid',
      'fbclid',
      'timestamp',
      'timestampGTM',
      'event_time',
      'productId',
      'order_id',
    ];
    const given = {
      ...Object.fromEntries(keys.map((key) => [key, digits])),
      items: [{ id: digits, variant: { id: Number(digits) } }],
      products: { id: digits },
      'gtm.uniqueEventId': Number(digits),
    };
    expect(tree(given)).toEqual({ value: given, redactions: 0 });
    expect(tree({ clientId: 'ana@example.com' }).value).toEqual({ clientId: '[email]' });
    expect(tree({ other: digits, number: Number(digits), id: digits }).value).toEqual({
      other: '[card]',
      number: '[card]',
      id: '[card]',
    });
  });

  it('takes a bare CPF or CNPJ for one where it is the id of a person', () => {
    expect(
      tree({
        user_id: '52998224725',
        customerId: 52998224725,
        visitorId: '11222333000181',
        uid: 191,
        code: '52998224725',
      }),
    ).toEqual({
      value: {
        user_id: '[cpf]',
        customerId: '[cpf]',
        visitorId: '[cnpj]',
        uid: '[cpf]',
        code: '52998224725',
      },
      redactions: 4,
    });
    expect(tree({ user_id: '52998224726', member_id: 12345678901 }).redactions).toBe(0);
  });

  it('takes hashes for personal data under the keys of advanced matching', () => {
    const hash = 'ab'.repeat(32);
    const given = {
      em: hash,
      ph: hash.slice(24),
      fn: hash.slice(32),
      ln: 'x',
      hash,
      sha256_email_address: hash,
    };
    expect(tree(given).value).toEqual({
      ...given,
      em: '[email]',
      ph: '[phone]',
      fn: '[name]',
      sha256_email_address: '[email]',
    });
  });

  it('keeps keys, but for those that are personal data themselves', () => {
    const given = {
      'ana@example.com': 1,
      'bia@example.com': { orders: 2 },
      'for bia@example.com': true,
      '4111111111111111': 'x',
      first_name: 'Ana',
    };
    expect(tree(given)).toEqual({
      value: {
        '[email]': '[email]',
        '[email]2': '[email]',
        'for [email]': true,
        '[card]': 'x',
        first_name: '[name]',
      },
      redactions: 7,
    });
  });

  it('returns what needs no change as it is, and changes nothing of what was given', () => {
    const clean = { event: 'page_view', list: [1, { a: 'x' }] };
    expect(scrubber.tree(clean, { redactions: 0 })).toBe(clean);
    const mixed = { email: 'x', keep: { a: 1 }, list: [{ b: 1 }, 'a@example.com'] };
    const copy = structuredClone(mixed);
    const { value } = tree(mixed) as { value: typeof mixed };
    expect(mixed).toEqual(copy);
    expect(value.keep).toBe(mixed.keep);
    expect(value.list[0]).toBe(mixed.list[0]);
  });

  it('ends at depth 64', () => {
    let deep: unknown = 'ana@example.com';
    for (let level = 0; level < 5000; level++) deep = [deep];
    expect(JSON.stringify(tree(deep).value)).toBe(`${'['.repeat(64)}"[removed]"${']'.repeat(64)}`);
    const json = `${'['.repeat(4000)}"ana@example.com"${']'.repeat(4000)}`;
    expect(text(json)).not.toContain('ana@');
  });

  it('counts levels, not objects', () => {
    const wide = Array.from({ length: 200 }, () => ({ a: ['x'] }));
    expect(tree(wide)).toEqual({ value: wide, redactions: 0 });
  });

  it('takes scalars and texts at the top', () => {
    expect(tree('a@example.com')).toEqual({ value: '[email]', redactions: 1 });
    expect(tree(null)).toEqual({ value: null, redactions: 0 });
    expect(tree(4111111111111111).value).toBe('[card]');
  });
});

describe('a policy', () => {
  it('adds and frees keys, in trees, parameters and pairs', () => {
    const own = createScrubber({ keys: ['loyalty', 'shop.vip'], allow: ['support_email', 'cep'] });
    const given = {
      loyaltyLevel: 3,
      shop: { vip: 'yes' },
      vip: 'yes',
      supportEmail: 'help@example.com',
      cep: '01310-100',
      email: 'x',
      page: '/?loyalty=1&support_email=help@example.com&cep=1',
      list: [{ name: 'loyalty', value: 1 }],
    };
    expect(tree(given, own)).toEqual({
      value: {
        ...given,
        loyaltyLevel: '[removed]',
        shop: { vip: '[removed]' },
        email: '[email]',
        page: '/?loyalty=[removed]&support_email=help@example.com&cep=1',
        list: [{ name: 'loyalty', value: '[removed]' }],
      },
      redactions: 5,
    });
  });
});
