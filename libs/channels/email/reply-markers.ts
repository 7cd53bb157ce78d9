/*
 * The words by which mail programs announce a quotation, per language. A language is added here and nowhere else.
 *
 * All in lower case. `starts` and `says` are two halves of one line, "On … wrote:", "Op … schreef …:", "Le … a écrit :"; a line needs both,
 * with a date in it. `labels` are those of the header block Outlook puts above what it quotes.
 */
export interface QuoteWords {
  /** How the line above a quotation begins. */
  starts: readonly string[];
  /** The verb in it. */
  says: readonly string[];
  /** What stands between dashes: "-----Original Message-----". */
  separators: readonly string[];
  labels: { from: readonly string[]; sent: readonly string[]; to: readonly string[]; subject: readonly string[] };
  /** How an advertisement of the device or program begins: "Sent from my iPhone". */
  sentFrom: readonly string[];
}

export const QUOTE_WORDS: Readonly<Record<string, QuoteWords>> = {
  en: {
    starts: ['on ', 'at '],
    says: ['wrote', 'writes', 'said'],
    separators: [
      'original message',
      'original appointment',
      'forwarded message',
      'begin forwarded message',
      'reply message',
      'forwarded by',
    ],
    labels: { from: ['from'], sent: ['sent', 'date', 'sent on', 'reply-to'], to: ['to', 'cc'], subject: ['subject'] },
    sentFrom: ['sent from', 'sent with', 'sent via', 'get outlook for', 'sent by'],
  },
  nl: {
    starts: ['op '],
    says: ['schreef', 'geschreven', 'schrijft'],
    separators: [
      'oorspronkelijk bericht',
      'oorspronkelijk e-mailbericht',
      'origineel bericht',
      'doorgestuurd bericht',
      'begin doorgestuurd bericht',
    ],
    labels: { from: ['van'], sent: ['verzonden', 'datum', 'verstuurd'], to: ['aan', 'cc'], subject: ['onderwerp'] },
    sentFrom: [
      'verzonden vanaf',
      'verstuurd vanaf',
      'verzonden met',
      'verstuurd met',
      'outlook voor',
      'outlook downloaden',
      'verzonden via',
    ],
  },
  de: {
    starts: ['am ', 'den ', 'um '],
    says: ['schrieb', 'geschrieben', 'schreibt'],
    separators: [
      'ursprüngliche nachricht',
      'originalnachricht',
      'original-nachricht',
      'weitergeleitete nachricht',
      'anfang der weitergeleiteten nachricht',
    ],
    labels: { from: ['von'], sent: ['gesendet', 'datum', 'gesendet am'], to: ['an', 'cc'], subject: ['betreff'] },
    sentFrom: ['von meinem', 'gesendet von', 'gesendet mit', 'gesendet über', 'outlook für'],
  },
  fr: {
    starts: ['le '],
    says: ['a écrit', 'écrivait', 'écrit'],
    separators: [
      "message d'origine",
      'message d’origine',
      'message original',
      'message transféré',
      'début du message transféré',
      'message du',
    ],
    labels: { from: ['de', 'expéditeur'], sent: ['envoyé', 'envoyé le', 'date', 'message du'], to: ['à', 'a', 'cc'], subject: ['objet'] },
    sentFrom: ['envoyé de', 'envoyé depuis', 'envoyé par', 'envoyé à partir', 'télécharger outlook', 'obtenez outlook'],
  },
  es: {
    starts: ['el '],
    says: ['escribió'],
    separators: ['mensaje original', 'mensaje reenviado'],
    labels: { from: ['de'], sent: ['enviado', 'enviado el', 'fecha'], to: ['para', 'cc'], subject: ['asunto'] },
    sentFrom: ['enviado desde'],
  },
  it: {
    starts: ['il ', 'in data '],
    says: ['ha scritto'],
    separators: ['messaggio originale', 'messaggio inoltrato'],
    labels: { from: ['da'], sent: ['inviato', 'data', 'risposta'], to: ['a', 'cc'], subject: ['oggetto'] },
    sentFrom: ['inviato da'],
  },
  pt: {
    starts: ['em ', 'no dia ', 'a '],
    says: ['escreveu'],
    separators: ['mensagem original', 'mensagem encaminhada'],
    labels: { from: ['de'], sent: ['enviado', 'enviada', 'data'], to: ['para', 'cc'], subject: ['assunto'] },
    sentFrom: ['enviado do', 'enviado a partir'],
  },
  pl: {
    starts: ['w dniu ', 'dnia '],
    says: ['napisał(a)', 'napisał', 'napisała', 'pisze'],
    separators: ['wiadomość oryginalna', 'oryginalna wiadomość'],
    labels: { from: ['od'], sent: ['wysłano', 'data'], to: ['do', 'dw'], subject: ['temat'] },
    sentFrom: ['wysłane z'],
  },
  sv: {
    starts: ['den '],
    says: ['skrev'],
    separators: ['ursprungligt meddelande', 'vidarebefordrat meddelande'],
    labels: { from: ['från'], sent: ['skickat', 'datum'], to: ['till', 'kopia'], subject: ['ämne'] },
    sentFrom: ['skickat från', 'skickat från min'],
  },
  da: {
    starts: ['den ', 'på '],
    says: ['skrev'],
    separators: ['oprindelig besked', 'oprindelig meddelelse'],
    labels: { from: ['fra'], sent: ['sendt', 'dato'], to: ['til', 'cc'], subject: ['emne'] },
    sentFrom: ['sendt fra'],
  },
  no: {
    starts: ['den ', 'på ', 'man. ', 'tir. ', 'ons. ', 'tor. ', 'fre. ', 'lør. ', 'søn. '],
    says: ['skrev'],
    separators: ['opprinnelig melding', 'videresendt melding'],
    labels: { from: ['fra'], sent: ['sendt', 'dato'], to: ['til', 'kopi'], subject: ['emne'] },
    sentFrom: ['sendt fra'],
  },
  ru: {
    starts: ['в ', 'от '],
    says: ['написал', 'написала', 'пишет', 'писал', 'пише'],
    separators: ['исходное сообщение', 'пересылаемое сообщение'],
    labels: { from: ['от'], sent: ['отправлено', 'дата'], to: ['кому', 'копия'], subject: ['тема'] },
    sentFrom: ['отправлено с'],
  },
};

const ALL = Object.values(QUOTE_WORDS);

export const QUOTE_STARTS: readonly string[] = [...new Set(ALL.flatMap((words) => words.starts))];
export const QUOTE_SAYS: readonly string[] = [...new Set(ALL.flatMap((words) => words.says))];
export const QUOTE_SEPARATORS: ReadonlySet<string> = new Set(ALL.flatMap((words) => words.separators));
export const SENT_FROM: readonly string[] = [...new Set(ALL.flatMap((words) => words.sentFrom))];

export type HeaderLabel = 'from' | 'sent' | 'to' | 'subject';

/** Label to what it can mean; "de" is From in French and in Spanish, "a" is To in Italian. */
export const HEADER_LABELS: ReadonlyMap<string, HeaderLabel> = new Map(
  (['from', 'sent', 'to', 'subject'] as const).flatMap((kind) =>
    ALL.flatMap((words) => words.labels[kind].map((label) => [label, kind] as const)),
  ),
);
