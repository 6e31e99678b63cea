/**
 * What the scrubber takes for personal data in keys, as data (events.md §4). Keys are compared as words: lower
 * case, without accents, split at camelCase, `_`, `-`, `.`, brackets and digits; a phrase matches wherever its
 * words stand together in a key. `=` before a phrase asks for the whole key, `*` after it for its beginning.
 */
export type Mask =
  | '[email]'
  | '[phone]'
  | '[cpf]'
  | '[cnpj]'
  | '[card]'
  | '[name]'
  | '[address]'
  | '[id]'
  | '[secret]'
  | '[removed]';

export interface KeyRule {
  readonly mask: Mask;
  readonly keys: readonly string[];
  /** Where set, only a text or number with at least so many digits is removed, and objects are looked into. */
  readonly digits?: number;
  /** Where set, only a text that looks like a hash (32, 40 or 64 hexadecimal digits) is removed. */
  readonly hash?: true;
}

const list = (text: string): string[] => text.split(',').map((phrase) => phrase.trim());

/** Somebody: an object below such a key is about a person, so that a bare `name` in it is a person's. */
export const PEOPLE =
  list(`user, usuario, customer, client, cliente, visitor, visitante, buyer, comprador, shopper,
  consumer, consumidor, billing, recipient, destinatario, contact, contato, lead, profile, perfil, member, membro,
  person, pessoa, patient, paciente, student, aluno, guest, hospede, subscriber, assinante, payer, pagador, holder,
  titular, cardholder, passenger, passageiro, employee, funcionario, traits`);

/** Goods and campaigns: ids below such a key are never taken for card numbers. */
export const GOODS =
  list(`item, items, product, products, produto, produtos, impressions, promotions, promotion,
  promo, ecommerce, cart, carrinho, sku, skus, variant, variants, variantes, catalog, hits, order items, line items`);

/** Words that only wrap what is around them: `user.data.name` is `user.name`. */
export const WRAPPERS = list(
  'data, dados, info, information, details, detail, attributes, properties, object',
);

/** A name of a person below PEOPLE, or beside an e-mail, phone or document number; else of a thing. */
export const CONTEXTUAL = list(
  '=name, =nome, =names, =display name, =first, =last, =initials, =nome exibicao',
);

const names = PEOPLE.flatMap((who) => [`${who} name`, `${who} nome`, `nome ${who}`, `nome do ${who}`]);

/** The first rule with a match decides. */
export const KEY_RULES: readonly KeyRule[] = [
  { mask: '[email]', keys: list('email, emails, e mail, e mails, =mail, mail address, correio eletronico') },
  { mask: '[email]', hash: true, keys: list('=em') },
  {
    mask: '[phone]',
    keys: list(`phone, phones, telephone, telefone, telefones, fone, celular, cellphone, mobilephone, phonenumber,
      mobile number, msisdn`),
  },
  { mask: '[phone]', digits: 8, keys: list('tel, mobile, cel, whatsapp, whats, fax, contato, =contact') },
  { mask: '[phone]', hash: true, keys: list('=ph') },
  { mask: '[cpf]', keys: list('cpf, cpfs, cpfcnpj') },
  { mask: '[cnpj]', keys: list('cnpj, cnpjs') },
  {
    mask: '[id]',
    keys: list(`rg, cnh, passport, passaporte, ssn, social security, nif, dni, curp, tax id, taxid, national id,
      identity number, document number, numero documento, iban, account number, bank account, conta corrente,
      conta bancaria, numero conta, chave pix, pix key, titulo eleitor`),
  },
  { mask: '[id]', digits: 5, keys: list('document, documento, identidade, pis, nis, =doc') },
  {
    mask: '[card]',
    keys: list(`card number, cardnumber, numero cartao, num cartao, cvv, cvc, card code, security code,
      codigo seguranca, card expiry, card expiration, validade cartao, card pan`),
  },
  {
    mask: '[card]',
    digits: 8,
    keys: list('=card, =cartao, credit card, creditcard, debit card, cartao credito, cartao debito, =pan'),
  },
  {
    mask: '[name]',
    keys: [
      ...list(`first name, firstname, last name, lastname, middle name, middlename, full name, fullname, surname,
        given name, givenname, family name, familyname, maiden name, legal name, card name, username, nickname,
        primeiro nome, primeironome, ultimo nome, ultimonome, sobrenome, nome completo, nomecompleto, nome social,
        nome mae, nome da mae, mother name, nome pai, nome do pai, father name, apelido, =author name`),
      ...names,
    ],
  },
  { mask: '[name]', hash: true, keys: list('=fn, =ln') },
  {
    mask: '[removed]',
    keys: list('=ip, ip address, ipaddress, visitor ip, client ip, user ip, remote addr'),
  },
  {
    mask: '[address]',
    keys: list(`address, addresses, endereco, enderecos, street, rua, logradouro, bairro, neighborhood,
      neighbourhood, complemento, cep, zip code, zipcode, postal code, postalcode, postcode, post code,
      codigo postal, visitor address*, customer billing*, customer shipping*`),
  },
  { mask: '[address]', digits: 4, keys: list('zip, postal') },
  { mask: '[address]', hash: true, keys: list('=zp') },
  {
    mask: '[secret]',
    keys: list(`password, passwords, passwd, pwd, senha, senhas, passcode, passphrase, secret, token, jwt, bearer,
      authorization, api key, apikey, private key, privatekey, otp, credential, credentials, csrf, xsrf, =cookie,
      =cookies, document cookie, =auth`),
  },
  { mask: '[secret]', digits: 4, keys: list('=pin, pin code') },
  {
    mask: '[removed]',
    keys: list(`user data, userdata, birth date, enhanced conversion data, enhanced conversions, advanced matching,
      visitor contact*, birth, birthdate, birthday, dob, nascimento, aniversario, =pii`),
  },
];

/** Only below that parent; the dot stands between the two keys. */
export const PATH_RULES: readonly { readonly mask: Mask; readonly path: string }[] = [
  { mask: '[removed]', path: 'orderData.customer' },
];

/** Behind a personal word they make a key speak *about* the datum: `email_opt_in`, `card_brand`, `phone_model`. */
export const ABOUT = new Set(
  list(`type, tipo, kind, status, brand, bandeira, count, total, qty, quantity, consent, verified, valid, validated,
    validation, invalid, enabled, required, error, errors, strength, length, size, provider, format, label,
    placeholder, source, campaign, campaigns, campanha, subject, template, list, frequency, preference, preferences,
    position, index, step, etapa, event, evento, action, acao, category, categoria, click, clicks, clicked, opens,
    opened, sent, form, button, link, page, screen, view, views, option, options, opt, optin, optout, method, metodo,
    flow, less, created, updated, date, score, present, provided, filled, changed, change, exists, reset, model, modelo,
    color, cor, case, os, marketing, newsletter, accepted, version, visible, installments, parcelas`),
);

/** At the start of a key they make it a question or a count: `has_email`, `isPhoneValid`, `num_addresses`. */
export const QUESTION = new Set(
  list('is, has, show, hide, can, needs, without, valid, invalid, missing, num, qty'),
);

/** Addresses of things. */
export const NOT_PERSONAL = list(
  'web address, page address, site address, store address, address bar, gift card',
);

/** Digits below these are ids or times, whatever they look like. */
export const DIGITS_EXEMPT =
  list(`event id, eventid, user pseudo id, client id, clientid, session id, sessionid,
  transaction id, transactionid, order id, orderid, order number, =pedido, pedido id, id pedido, numero pedido, item id,
  product id, productid, id produto, produto id, sku, skus, sku id, idsku, variant id, ean, gtin, upc, isbn, barcode,
  codigo barras, mpn, gclid, dclid, fbclid, msclkid, wbraid, gbraid, ttclid, =ga, =gl, =cid, =sid, =fbp, =fbc, timestamp,
  timestamps, =ts, time, date, created at, updated at, gtm start, unique event id, cart id, checkout id, list id,
  campaign id, ad id, creative id, promotion id, container id, request id, trace id, pageview id`);

/** Ids of people: many Brazilian sites use the CPF or CNPJ itself, so bare ones with right check digits go. */
export const PERSON_IDS =
  list(`user id, userid, customer id, customerid, cliente id, id cliente, id usuario, usuario id,
  visitor id, visitorid, member id, external id, =uid, login`);

/** Arrays of `{name, value}` under these hold a filled form: every value goes, whatever its name. */
export const FORMS = list('=inputs, =fields, =campos, form inputs, form fields, form data, formdata');

/** Cut out of words that are written together, such as `useremail`. */
export const STEMS =
  /email|telefone|phonenumber|mobilephone|cellphone|password|endereco|address|firstname|lastname|fullname|sobrenome|creditcard|cardnumber|zipcode|postalcode|whatsapp|cpfcnpj|cpf|cnpj|nascimento|birthda(?:y|te)|username|token$|secret$/;
