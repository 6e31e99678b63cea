import type { Language } from './language.js';

/**
 * Every text of the live page, once: each key has its English and its Portuguese form side by side, so that
 * neither can be missing. A form that depends on a number is a function, the same in both languages.
 */
export type Text = readonly [en: string, pt: string] | readonly [en: Form, pt: Form];
type Form = (count: number, shown: string) => string;

const many =
  (one: string, other: string): Form =>
  (count, shown) =>
    (count === 1 ? one : other).replace('#', shown);

export const TEXTS = {
  // Header
  title: ['Stargate dev: live events', 'Stargate dev: eventos ao vivo'],
  connecting: ['Connecting', 'Conectando'],
  live: ['Collecting', 'Coletando'],
  paused: ['Paused', 'Pausado'],
  offline: ['No contact', 'Sem contato'],
  collector: ['Collector', 'Coletor'],
  copyUrl: ['Copy collector URL', 'Copiar URL do coletor'],
  shop: ['Demo shop', 'Loja de teste'],
  install: ['Install the tag', 'Instalar a tag'],
  pause: ['Pause', 'Pausar'],
  resume: ['Resume', 'Retomar'],
  resumeNew: [many('Resume, # new', 'Resume, # new'), many('Retomar, # novo', 'Retomar, # novos')],
  clear: ['Clear', 'Limpar'],
  language: ['Language', 'Idioma'],
  offlineMessage: [
    'The page lost contact with stargate dev. Trying again every 2 s; what you see below may be out of date.',
    'A página perdeu contato com o stargate dev. Nova tentativa a cada 2 s; os dados abaixo podem estar desatualizados.',
  ],

  // Key figures
  figures: ['Key figures', 'Números principais'],
  rate: ['Events per second', 'Eventos por segundo'],
  rateChart: [
    'Events per second over the last five minutes, in bars of 5 s',
    'Eventos por segundo nos últimos cinco minutos, em barras de 5 s',
  ],
  ago: [many('# s ago', '# s ago'), many('há # s', 'há # s')],
  received: ['Received', 'Recebidos'],
  good: ['Good', 'Bons'],
  bad: ['Bad', 'Com erro'],
  inFlight: ['In flight', 'Em trânsito'],
  queryable: ['Time to queryable', 'Tempo até consultar'],
  scrubbed: ['Scrubbed', 'Removidos'],
  scrubbedIn: [
    many('values in # event', 'values in # events'),
    many('valores em # evento', 'valores em # eventos'),
  ],
  skipped: [
    many(
      '# event is counted but not listed: the stream was too fast.',
      '# events are counted but not listed: the stream was too fast.',
    ),
    many(
      '# evento foi contado, mas não listado: o fluxo estava rápido demais.',
      '# eventos foram contados, mas não listados: o fluxo estava rápido demais.',
    ),
  ],

  // Toolbar and list
  search: ['Search name, id, page or any value', 'Buscar nome, id, página ou valor'],
  status: ['Status', 'Situação'],
  all: ['All', 'Todos'],
  name: ['Event name', 'Nome do evento'],
  anyName: ['Any event', 'Qualquer evento'],
  follow: ['Follow newest', 'Seguir os novos'],
  newAbove: [many('# new event', '# new events'), many('# evento novo', '# eventos novos')],
  events: ['Events', 'Eventos'],
  time: ['Time', 'Hora'],
  event: ['Event', 'Evento'],
  page: ['Page', 'Página'],
  user: ['User', 'Usuário'],
  latency: ['Queryable', 'Consultável'],
  isGood: ['good', 'bom'],
  isBad: ['bad', 'com erro'],
  isInFlight: ['in log', 'no log'],
  scrubbedTag: [many('# scrubbed', '# scrubbed'), many('# removido', '# removidos')],
  noteTag: [many('# note', '# notes'), many('# observação', '# observações')],
  unnamed: ['(no name)', '(sem nome)'],
  noneFound: ['No event matches this search.', 'Nenhum evento corresponde à busca.'],
  resetSearch: ['Show all events', 'Mostrar todos os eventos'],

  // Detail
  detail: ['Event detail', 'Detalhe do evento'],
  choose: [
    'Choose an event to see its row, its payload and its problems.',
    'Escolha um evento para ver a linha, o conteúdo e os problemas.',
  ],
  back: ['Back to events', 'Voltar aos eventos'],
  queryableIn: [
    many('queryable in # ms', 'queryable in # ms'),
    many('consultável em # ms', 'consultável em # ms'),
  ],
  copy: ['Copy', 'Copiar'],
  copied: ['Copied', 'Copiado'],
  notCopied: ['The browser refused to copy', 'O navegador não deixou copiar'],
  copyJson: ['Event JSON', 'JSON do evento'],
  copyPlace: ['Copy the place', 'Copiar o lugar'],
  hops: ['Where the time went', 'Para onde foi o tempo'],
  hopClient: ['browser → collector', 'navegador → coletor'],
  hopLog: ['→ log', '→ log'],
  hopWorker: ['→ worker', '→ worker'],
  hopRow: ['→ row', '→ linha'],
  tabs: ['Views of the event', 'Visões do evento'],
  tabRow: ['Row', 'Linha'],
  tabPayload: ['Payload', 'Conteúdo'],
  tabProblems: ['Problems', 'Problemas'],
  rowInfo: ['As BigQuery will hold it, in table', 'Como ficará no BigQuery, na tabela'],
  showEmpty: [
    many('Show # empty column', 'Show # empty columns'),
    many('Mostrar # coluna vazia', 'Mostrar # colunas vazias'),
  ],
  rows: [many('# row', '# rows'), many('# linha', '# linhas')],
  notYet: [
    'In the log, not yet queryable. The row appears here in a moment.',
    'No log, ainda não consultável. A linha aparece aqui em instantes.',
  ],
  rejectedInfo: [
    'Not in events. Kept in events_rejected for 30 days.',
    'Fora de events. Guardado em events_rejected por 30 dias.',
  ],
  scrubbedInfo: [
    many(
      '# value was removed before the event reached the log. The original is stored nowhere.',
      '# values were removed before the event reached the log. The originals are stored nowhere.',
    ),
    many(
      '# valor foi removido antes de chegar ao log. O original não fica guardado.',
      '# valores foram removidos antes de chegar ao log. Os originais não ficam guardados.',
    ),
  ],
  scrubbedElsewhere: [
    'None of them stood in the payload: see the marked columns of the row.',
    'Nenhum deles estava no conteúdo: veja as colunas marcadas da linha.',
  ],
  nothingScrubbed: ['Nothing had to be removed from this event.', 'Nada precisou ser removido deste evento.'],
  noPayload: ['The event carries no dataLayer push.', 'O evento não traz um push do dataLayer.'],
  noRaw: ['The text of this event was not kept.', 'O texto deste evento não foi guardado.'],
  rawText: ['It is not JSON; this is the text as it arrived.', 'Não é JSON; este é o texto como chegou.'],
  place: ['Scrubbed place', 'Lugar removido'],
  placeOf: ['of', 'de'],
  previous: ['Previous', 'Anterior'],
  next: ['Next', 'Próximo'],
  keys: [many('# key', '# keys'), many('# chave', '# chaves')],
  entries: [many('# item', '# items'), many('# item', '# itens')],
  more: [many('# more', '# more'), many('mais #', 'mais #')],

  // Problems
  reason: ['Reason', 'Motivo'],
  where: ['Where', 'Onde'],
  expected: ['Expected', 'Esperado'],
  got: ['Got', 'Recebido'],
  excerpt: ['Excerpt, with the place marked', 'Trecho, com o lugar marcado'],
  whatToDo: ['What to do.', 'O que fazer.'],
  noProblems: [
    'No problems. Every field was read as sent.',
    'Nenhum problema. Todos os campos foram lidos como enviados.',
  ],
  readWithNote: ['Read with a note', 'Lido com observação'],
  note: ['Note', 'Observação'],
  noteFix: [
    'Nothing is lost: the payload keeps what was sent. To silence the note, send the value in the type that its column takes.',
    'Nada se perdeu: o conteúdo guarda o que foi enviado. Para a observação sumir, envie o valor no tipo que a coluna aceita.',
  ],
  absent: ['nothing: the field is absent', 'nada: o campo não veio'],
  typeString: ['text', 'texto'],
  typeNumber: ['number', 'número'],
  typeBoolean: ['boolean', 'booleano'],
  typeNull: ['null', 'null'],
  typeArray: ['array', 'lista'],
  typeObject: ['object', 'objeto'],

  // Empty state, installing, clearing
  emptyTitle: ['Waiting for the first event', 'Esperando o primeiro evento'],
  emptyLead: [
    'The collector is ready. Send an event in any of these ways; it appears here as soon as it can be queried.',
    'O coletor está pronto. Envie um evento de qualquer uma destas formas; ele aparece aqui assim que puder ser consultado.',
  ],
  fromTerminal: ['From the terminal', 'Pelo terminal'],
  fromTerminalLead: ['Paste this. It is a complete event.', 'Cole este comando. É um evento completo.'],
  fromShop: ['From the demo shop', 'Pela loja de teste'],
  fromShopLead: [
    'A small shop that pushes GA4 and Universal Analytics events through the real tracker, with a consent banner.',
    'Uma pequena loja que envia eventos GA4 e Universal Analytics pelo rastreador real, com aviso de consentimento.',
  ],
  openShop: ['Open the demo shop', 'Abrir a loja de teste'],
  fromSite: ['From your site', 'Pelo seu site'],
  fromSiteLead: [
    'In Google Tag Manager: new tag, Custom HTML, trigger “Initialization – All Pages”. Without GTM: paste into the page head.',
    'No Google Tag Manager: nova tag, HTML personalizado, acionador “Inicialização – Todas as páginas”. Sem GTM: cole no head da página.',
  ],
  snippetHtml: ['HTML or Custom HTML tag', 'HTML ou tag de HTML personalizado'],
  snippetGtm: ['GTM template', 'Modelo do GTM'],
  gtmThen: [
    'then import gtm/container.json in Google Tag Manager',
    'depois importe gtm/container.json no Google Tag Manager',
  ],
  close: ['Close', 'Fechar'],
  clearTitle: ['Clear everything?', 'Limpar tudo?'],
  clearLead: [
    'All rows of this local warehouse and the counts are deleted. The log keeps its records, and nothing is read again.',
    'Todas as linhas deste armazém local e as contagens são apagadas. O log guarda os registros, e nada é lido de novo.',
  ],
  clearYes: ['Delete all rows', 'Apagar todas as linhas'],
  clearFailed: ['It could not be cleared:', 'Não foi possível limpar:'],
  cancel: ['Cancel', 'Cancelar'],

  // Footer
  keyMove: ['move', 'mover'],
  keySearch: ['search', 'buscar'],
  keyTabs: ['tabs', 'abas'],
  keyPause: ['pause', 'pausar'],
  log: ['Log', 'Log'],
  warehouse: ['Warehouse', 'Armazém'],

  // Column groups of the event table
  group_envelope: ['Envelope', 'Envelope'],
  group_identity: ['Identity', 'Identidade'],
  group_page: ['Page', 'Página'],
  group_traffic: ['Traffic', 'Tráfego'],
  group_device: ['Device and geo', 'Dispositivo e local'],
  group_consent: ['Consent', 'Consentimento'],
  group_commerce: ['Commerce', 'Comércio'],
  group_legacy: ['Stargate 2.0 fields', 'Campos do Stargate 2.0'],
  group_payload: ['Payload', 'Conteúdo'],
  group_quality: ['Quality', 'Qualidade'],
  group_transport: ['Transport', 'Transporte'],

  // What the scrubber puts in place of a value
  class_email: ['An e-mail address stood here.', 'Aqui havia um e-mail.'],
  class_phone: ['A phone number stood here.', 'Aqui havia um telefone.'],
  class_cpf: ['A CPF stood here.', 'Aqui havia um CPF.'],
  class_cnpj: ['A CNPJ stood here.', 'Aqui havia um CNPJ.'],
  class_card: ['A card number stood here.', 'Aqui havia um número de cartão.'],
  class_name: ['A person’s name stood here.', 'Aqui havia o nome de uma pessoa.'],
  class_address: ['A postal address stood here.', 'Aqui havia um endereço.'],
  class_id: ['The number of a personal document stood here.', 'Aqui havia o número de um documento.'],
  class_secret: ['A secret stood here.', 'Aqui havia um segredo.'],
  class_removed: ['A personal value stood here.', 'Aqui havia um dado pessoal.'],
} as const satisfies Record<string, Text>;

export type TextKey = keyof typeof TEXTS;
export type PlainKey = {
  [K in TextKey]: (typeof TEXTS)[K] extends readonly [string, string] ? K : never;
}[TextKey];
export type CountKey = Exclude<TextKey, PlainKey>;

/** The texts in one language: `t.plain('pause')`, `t.count('rows', 3)`. */
export interface Texts {
  plain(key: PlainKey): string;
  count(key: CountKey, count: number): string;
  /** Where the key comes from data, such as a column group; null for an unknown one. */
  find(key: string): string | null;
}

export function texts(language: Language): Texts {
  const index = language === 'pt' ? 1 : 0;
  const digits = new Intl.NumberFormat(language === 'pt' ? 'pt-BR' : 'en');
  return {
    plain: (key) => TEXTS[key][index],
    count: (key, count) => TEXTS[key][index](count, digits.format(count)),
    find(key) {
      const text = Object.hasOwn(TEXTS, key) ? (TEXTS[key as TextKey] as Text)[index] : null;
      return typeof text === 'string' ? text : null;
    },
  };
}
