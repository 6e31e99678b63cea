/** Check digits and issuer prefixes: what makes a run of digits a document or a card number. */

const valueAt = (text: string, at: number): number => text.charCodeAt(at) - 48;
const isOneDigit = (text: string): boolean => /^(.)\1*$/.test(text);

/**
 * CPF, 11 digits without punctuation: two check digits modulo 11 with weights 10…2 and 11…2 (Receita Federal).
 * Numbers of one repeated digit fit the formula, but are nobody's.
 */
export function isCpf(digits: string): boolean {
  return (
    digits.length === 11 &&
    !isOneDigit(digits) &&
    checkDigit(digits, 9, 10, 2) === valueAt(digits, 9) &&
    checkDigit(digits, 10, 11, 2) === valueAt(digits, 10)
  );
}

/**
 * CNPJ, 14 characters without punctuation, in upper case; the first twelve may be letters, which count as their
 * ASCII code minus 48 (Receita Federal, IN RFB 2.229/2024). Weights 9…2 repeat from the right.
 */
export function isCnpj(characters: string): boolean {
  return (
    /^[\dA-Z]{12}\d\d$/.test(characters) &&
    !isOneDigit(characters) &&
    checkDigit(characters, 12, 5, 9) === valueAt(characters, 12) &&
    checkDigit(characters, 13, 6, 9) === valueAt(characters, 13)
  );
}

/** Modulo 11 over the first `count` characters; weights fall from `first` to 2, then start again at `again`. */
function checkDigit(text: string, count: number, first: number, again: number): number {
  let sum = 0;
  let weight = first;
  for (let at = 0; at < count; at++) {
    sum += valueAt(text, at) * weight;
    weight = weight === 2 ? again : weight - 1;
  }
  const rest = sum % 11;
  return rest < 2 ? 0 : 11 - rest;
}

/**
 * Issuer prefix with the lengths in use: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay,
 * Maestro, Elo, Hipercard, Aura. Visa's 13 digits are left out: no longer issued, and the length of an EAN.
 */
const ISSUERS = new RegExp(
  `^(?:${[
    '4(?:\\d{15}|\\d{18})',
    '(?:5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720))\\d+',
    '3[47]\\d{13}',
    '3(?:0[0-59]|6|[89])\\d+',
    '(?:6011|64[4-9]|65)\\d+',
    '35(?:2[89]|[3-8])\\d+',
    '62\\d+',
    '(?:50|5[6-8]|6304|6390|67)\\d+',
    '(?:636|627780|606282|384(?:100|140|160))\\d+',
  ].join('|')})$`,
);

/** A card number without punctuation: issuer, length, and the Luhn sum (ISO/IEC 7812-1). */
export function isCard(digits: string): boolean {
  return hasIssuer(digits) && luhn(digits);
}

function hasIssuer(digits: string): boolean {
  const { length } = digits;
  if (length < 14 || length > 19 || !ISSUERS.test(digits) || isOneDigit(digits)) return false;
  // Only Diners has 14 digits, only American Express 15 (old JCB and Maestro are not worth the false alarms).
  if (length === 14) return /^3[0689]/.test(digits);
  if (length === 15) return /^3[47]/.test(digits);
  return /^5[1-5]|^2/.test(digits) ? length === 16 : true;
}

function luhn(digits: string): boolean {
  let sum = 0;
  let isDoubled = false;
  for (let at = digits.length - 1; at >= 0; at--) {
    const value = valueAt(digits, at) * (isDoubled ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
    isDoubled = !isDoubled;
  }
  return sum % 10 === 0;
}

const AREA_CODES = new Set(
  `11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 42 43 44 45 46 47 48 49 51 53 54 55
   61 62 63 64 65 66 67 68 69 71 73 74 75 77 79 81 82 83 84 85 86 87 88 89 91 92 93 94 95 96 97 98 99`.split(
    /\s+/,
  ),
);

/** Digits of a Brazilian phone number with area code: 11 for a mobile (9…), 10 for a landline (2…5), 55 before. */
export function isPhone(digits: string): boolean {
  const national = digits.length > 11 && digits.startsWith('55') ? digits.slice(2) : digits;
  return AREA_CODES.has(national.slice(0, 2)) && /^(?:9\d{8}|[2-5]\d{7})$/.test(national.slice(2));
}
