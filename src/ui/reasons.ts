import type { Reason } from '../errors.js';
import type { Language } from './language.js';

type Both = readonly [en: string, pt: string];

/** What the Problems tab says of a rejected event; `{field}` becomes the last key of the pointer. */
export interface ReasonText {
  readonly title: Both;
  readonly expected: Both;
  /** Where the event itself does not show what was got. */
  readonly got?: Both;
  readonly fix: Both;
}

/** One entry per reason code. A code without one does not compile. */
export const REASON_TEXTS: Record<Reason, ReasonText> = {
  field_type: {
    title: [
      '“{field}” has another type than its column takes',
      '“{field}” não é do tipo que a coluna aceita',
    ],
    expected: ['the type of its column', 'o tipo da coluna'],
    fix: [
      'Send the value in the expected type, or leave the field out. The other events of the request were stored.',
      'Envie o valor no tipo esperado ou deixe o campo de fora. Os outros eventos da requisição foram gravados.',
    ],
  },
  field_missing: {
    title: ['“{field}” is missing, and every event needs it', 'Falta “{field}”, que todo evento precisa ter'],
    expected: ['a value', 'um valor'],
    fix: ['Add the field to the event and send it again.', 'Inclua o campo no evento e envie de novo.'],
  },
  event_too_large: {
    title: ['The event is larger than 64 KiB', 'O evento tem mais de 64 KiB'],
    expected: ['at most 65,536 bytes', 'no máximo 65.536 bytes'],
    got: ['more than 65,536 bytes', 'mais de 65.536 bytes'],
    fix: [
      'Push only what you need, or set the tag to “selected keys”. The first 64 KiB are kept in events_rejected.',
      'Envie só o necessário ou configure a tag para “chaves selecionadas”. Os primeiros 64 KiB ficam em events_rejected.',
    ],
  },
  event_too_deep: {
    title: ['The event is nested deeper than 32 levels', 'O evento tem mais de 32 níveis de profundidade'],
    expected: ['at most 32 levels of objects and arrays', 'no máximo 32 níveis de objetos e listas'],
    got: ['more than 32 levels', 'mais de 32 níveis'],
    fix: [
      'Flatten the object that you push. An object that contains itself, such as a DOM node, is a usual cause.',
      'Achate o objeto do push. Uma causa comum é um objeto que contém a si mesmo, como um nó do DOM.',
    ],
  },
  event_not_object: {
    title: ['The event is not a JSON object', 'O evento não é um objeto JSON'],
    expected: ['an object, such as {"name":"hello"}', 'um objeto, como {"name":"hello"}'],
    fix: [
      'Every entry of “events” must be an object. Look at the code that builds the request.',
      'Cada item de “events” precisa ser um objeto. Veja o código que monta a requisição.',
    ],
  },
  consent_denied: {
    title: ['The visitor did not allow analytics', 'O visitante não permitiu a medição'],
    expected: [
      'analytics_storage granted, or a source that collects anonymously',
      'analytics_storage granted, ou uma fonte que coleta sem identificação',
    ],
    got: ['analytics_storage denied', 'analytics_storage denied'],
    fix: [
      'Nothing, if this is what the visitor chose: neither text nor ids of the event were kept. Otherwise check when the consent update is pushed.',
      'Nada, se foi essa a escolha do visitante: nem o texto nem os ids do evento foram guardados. Senão, confira quando o push do consentimento acontece.',
    ],
  },
  record_not_json: {
    title: ['The log record is not one JSON object', 'O registro do log não é um objeto JSON'],
    expected: ['one JSON object in UTF-8', 'um objeto JSON em UTF-8'],
    got: ['other bytes', 'outros bytes'],
    fix: [
      'Something else than the collector wrote into the topic. Find the producer, and give it a topic of its own.',
      'Algo além do coletor gravou neste tópico. Descubra o produtor e dê a ele um tópico próprio.',
    ],
  },
  record_invalid: {
    title: [
      'The log record does not match the event schema',
      'O registro do log não segue o esquema do evento',
    ],
    expected: ['a record as the collector writes it', 'um registro como o coletor grava'],
    fix: [
      'If another producer writes into this topic, compare it with the field reference. Otherwise please report it.',
      'Se outro produtor grava neste tópico, compare com a referência de campos. Senão, relate o problema.',
    ],
  },
  record_version: {
    title: [
      'The record has a schema version that is not known here',
      'O registro tem uma versão de esquema desconhecida aqui',
    ],
    expected: ['a version that this worker knows', 'uma versão que este worker conhece'],
    fix: [
      'Update stargate where the worker runs, then replay the rejected events.',
      'Atualize o stargate onde o worker roda e depois reenvie os eventos rejeitados.',
    ],
  },
  erased: {
    title: ['The event was erased', 'O evento foi apagado'],
    expected: ['an event', 'um evento'],
    got: ['what stargate forget left in its place', 'o que o stargate forget deixou no lugar'],
    fix: [
      'Nothing: a person asked to be forgotten, and the log was read again from its start.',
      'Nada: uma pessoa pediu para ser esquecida, e o log foi lido de novo desde o começo.',
    ],
  },
  warehouse_refused: {
    title: ['The warehouse refused the row', 'O armazém recusou a linha'],
    expected: ['a row that fits into the table', 'uma linha que caiba na tabela'],
    got: ['a refusal by the warehouse', 'uma recusa do armazém'],
    fix: [
      'Compare the table with stargate setup --dry-run. After it is mended, replay the rejected events.',
      'Compare a tabela com stargate setup --dry-run. Depois do conserto, reenvie os eventos rejeitados.',
    ],
  },
};

/** Better words for fields of the envelope that are often wrong. */
const FIELDS: Record<string, { readonly expected: Both; readonly fix?: Both }> = {
  ts: {
    expected: ['number, milliseconds since 1970', 'número, milissegundos desde 1970'],
    fix: [
      'Send Date.now() instead of a date as text, or leave “ts” out: the collector then uses the time it received the event. The other events of the request were stored.',
      'Envie Date.now() em vez de uma data em texto, ou deixe “ts” de fora: o coletor usa então a hora em que recebeu o evento. Os outros eventos da requisição foram gravados.',
    ],
  },
  id: { expected: ['text, such as a UUID', 'texto, como um UUID'] },
  name: { expected: ['text, such as purchase', 'texto, como purchase'] },
  data_layer: { expected: ['an object', 'um objeto'] },
};

export interface Explanation {
  readonly title: string;
  readonly expected: string;
  readonly got: string | null;
  readonly fix: string;
}

/** The words for one rejected event. An unknown code, from a newer server, is shown as it is. */
export function explain(reason: string, field: string | null, language: Language): Explanation {
  const pick = (both: Both) => both[language === 'pt' ? 1 : 0].replace('{field}', field ?? '?');
  if (!Object.hasOwn(REASON_TEXTS, reason)) return { title: reason, expected: '', got: null, fix: '' };
  const text = REASON_TEXTS[reason as Reason];
  const known = reason === 'field_type' && field && Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  return {
    title: pick(text.title),
    expected: pick(known?.expected ?? text.expected),
    got: text.got ? pick(text.got) : null,
    fix: pick(known?.fix ?? text.fix),
  };
}
