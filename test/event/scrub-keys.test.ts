import { describe, expect, it } from 'vitest';
import { createJudge, splitWords } from '../../src/event/scrub-keys.js';

const judge = createJudge({ keys: [], allow: [] });
const words = (text: string): string[] => text.trim().split(/\s+/);

describe('splitWords', () => {
  it.each([
    ['customerBillingE-mail2', 'customer billing e mail 2'],
    ['CPFCliente', 'cpf cliente'],
    ['userCPF', 'user cpf'],
    ['user.email_address', 'user email address'],
    ['customer[first_name]', 'customer first name'],
    ['Endereço', 'endereco'],
    ['useremail', 'user email'],
    ['USER_EMAIL', 'user email'],
    ['sha256_email', 'sha 256 email'],
    ['target', 'target'],
    ['$set', 'set'],
    ['__', ''],
    ['имя', ''],
    ['', ''],
  ])('%s', (key, expected) => {
    expect(splitWords(key).join(' ')).toBe(expected);
  });
});

describe('keys', () => {
  it.each([
    [
      '[email]',
      'email Email EMAIL e-mail e_mail eMail emails userEmail visitorEmail email_address emailAddress useremail customerBillingEmail sha256_email_address hashedEmail md5email billing.email customer[email] user_email_2',
    ],
    [
      '[phone]',
      'phone phone_number phoneNumber telefone telefoneCelular celular billing_phone sha256_phone_number userPhone mobilePhone customerBillingPhone',
    ],
    ['[cpf]', 'cpf CPF userCPF numero_cpf cpfCliente cpf_cnpj usercpf'],
    ['[cnpj]', 'cnpj cnpjEmpresa CNPJ'],
    ['[id]', 'rg RG user_rg rgNumber cnh passport passaporte ssn tax_id documentNumber iban chave_pix'],
    ['[card]', 'card_number cardNumber cvv CVV2 cvc security_code numeroCartao'],
    [
      '[name]',
      'first_name firstName firstname lastName last-name fullName full_name surname sobrenome nomeCompleto nome_completo primeiroNome customerName customer_name userName username visitorName nomeCliente nome_do_cliente customerBillingFirstName cardholderName billing_name',
    ],
    [
      '[address]',
      'address address1 billingAddress shipping_address street streetName logradouro bairro cep CEP zipCode postal_code endereco endereço enderecoEntrega customerBillingCity customerBillingCountry visitorAddressCity visitorAddressState',
    ],
    [
      '[secret]',
      'password senha userPassword access_token accessToken id_token token csrfToken api_key apiKey jwt authorization client_secret password_reset_token',
    ],
    [
      '[removed]',
      'user_data userData visitorContactInfo birthDate date_of_birth birthday dataNascimento ip ip_address ipAddress visitorIP enhanced_conversion_data',
    ],
  ])('%s', (mask, keys) => {
    for (const key of words(keys)) {
      expect([key, judge(key).mask, judge(key).digits, judge(key).hash]).toEqual([key, mask, 0, false]);
    }
  });

  it.each([
    [
      'commerce',
      'gift_card giftCard cart cartId discard coupon card_brand cardBrand card_type payment_card_type credit_card_brand creditCardType credit_card_installments item_name itemName product_name productName item_category affiliation shipping shipping_tier tax value price quantity sku variant transaction_id discount installments payment_type billing_cycle voucher',
    ],
    [
      'names of things',
      'event_name eventName page_title campaign_name campaignName form_name formName list_name item_list_name listName store_name categoryName creative_name promotion_name file_name filename hostname brandName plan_name companyName experimentName tagName screen_name',
    ],
    [
      'look-alikes',
      'target merge energy argument charge organic large margin forget mailing emirates resenha desenho telemetry televisao hotel motel cellar concept except accept excerpt receptor stretch construct trueValue scpf headphone smartphone microphones iphone tokens tokenized streetwear secretary namespace rename username_length postage zipper ruanda passwordless',
    ],
    [
      'about a datum',
      'email_opt_in emailOptIn email_verified isEmailValid has_phone hasAddress email_campaign emailCampaignId email_template_name password_strength passwordReset address_type addressType phone_model phoneBrand phone_color token_type emailType num_addresses show_address email_click',
    ],
    [
      'technical',
      'session_id client_id clientId event_id gclid fbclid user_agent language screen viewport time_zone timestamp page_location page_referrer url href path hash query gtm.start gtm.uniqueEventId event eventCategory eventAction eventLabel web_address store_address page_address',
    ],
  ])('%s stay', (_, keys) => {
    for (const key of words(keys)) expect([key, judge(key).mask]).toEqual([key, null]);
  });

  it.each([
    ['tel', '[phone]', 8],
    ['whatsapp', '[phone]', 8],
    ['contato', '[phone]', 8],
    ['documento', '[id]', 5],
    ['card', '[card]', 8],
    ['credit_card', '[card]', 8],
    ['pin', '[secret]', 4],
  ])('%s goes only with enough digits', (key, mask, digits) => {
    expect(judge(key)).toMatchObject({ mask, digits });
  });

  it('remembers within bounds', () => {
    const bounded = createJudge({ keys: [], allow: [] });
    const before = bounded('email');
    expect(bounded('email')).toBe(before);
    for (let at = 0; at < 10_000; at++) bounded(`key${at}`);
    expect(bounded('email')).not.toBe(before);
    expect(bounded('email').mask).toBe('[email]');
    expect(bounded('x'.repeat(100_000)).mask).toBeNull();
  });
});

describe('a policy', () => {
  const own = createJudge({
    keys: ['loyaltyNumber', 'dimension5', 'shop.vip', 'item_name'],
    allow: ['supportEmail', 'cep', 'token'],
  });

  it('adds keys in any spelling', () => {
    for (const key of [
      'loyalty_number',
      'user.loyaltyNumber',
      'LOYALTY-NUMBER',
      'dimension5',
      'dimension_5',
    ]) {
      expect([key, own(key).mask]).toEqual([key, '[removed]']);
    }
    for (const key of ['loyalty', 'dimension15', 'dimension', 'vip'])
      expect([key, own(key).mask]).toEqual([key, null]);
    expect(own('shop_vip').mask).toBe('[removed]');
    expect(own('vip').below?.get('shop')).toBe('[removed]');
    expect(own('itemName').mask).toBe('[removed]');
  });

  it('frees whole keys only', () => {
    for (const key of ['support_email', 'CEP', 'token']) expect([key, own(key).mask]).toEqual([key, null]);
    for (const key of ['email', 'billingCep', 'accessToken']) expect(own(key).mask).not.toBeNull();
  });
});
