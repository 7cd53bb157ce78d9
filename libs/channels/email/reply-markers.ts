import { FURTHER_QUOTE_WORDS } from './further-reply-markers.js';
import type { QuoteWords } from './quote-words.js';

/** The languages the product speaks, or sells in. Those beyond stand in `further-reply-markers.ts`. */
export const QUOTE_WORDS: Readonly<Record<string, QuoteWords>> = {
  en: {
    starts: ['on ', 'at '],
    says: ['wrote', 'writes', 'said', 'commented', 'emailed'],
    separators: [
      'original message',
      'original appointment',
      'reply message',
      'reply above this line',
      'please reply above this line',
      'please type your reply above this line',
    ],
    forwards: ['forwarded message', 'begin forwarded message', 'forwarded by', 'forwarded mail', 'start forwarded message'],
    labels: { from: ['from'], sent: ['sent', 'date', 'sent on', 'reply-to'], to: ['to', 'cc'], subject: ['subject'] },
    sentFrom: ['sent from', 'sent with', 'sent via', 'get outlook for', 'sent by', 'sent using', 'yahoo mail: search'],
  },
  nl: {
    starts: ['op '],
    says: ['schreef', 'geschreven', 'schrijft'],
    separators: [
      'oorspronkelijk bericht',
      'oorspronkelijk e-mailbericht',
      'origineel bericht',
      'antwoord boven deze regel',
      'typ uw antwoord boven deze regel',
    ],
    forwards: [
      'doorgestuurd bericht',
      'begin doorgestuurd bericht',
      'begin van doorgestuurd bericht',
      'doorgestuurde e-mail',
      'doorgezonden bericht',
    ],
    labels: { from: ['van'], sent: ['verzonden', 'datum', 'verstuurd'], to: ['aan', 'cc'], subject: ['onderwerp'] },
    sentFrom: [
      'verzonden vanaf',
      'verstuurd vanaf',
      'verzonden vanuit',
      'verstuurd vanuit',
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
      'bitte antworten sie oberhalb dieser linie',
      'antworten sie oberhalb dieser linie',
    ],
    forwards: [
      'weitergeleitete nachricht',
      'anfang der weitergeleiteten nachricht',
      'weitergeleitete e-mail',
      'beginn der weitergeleiteten nachricht',
    ],
    labels: { from: ['von'], sent: ['gesendet', 'datum', 'gesendet am'], to: ['an', 'cc'], subject: ['betreff'] },
    sentFrom: [
      'von meinem',
      'gesendet von',
      'gesendet mit',
      'gesendet über',
      'outlook für',
      'holen sie sich outlook',
      'diese nachricht wurde von mein',
    ],
  },
  fr: {
    starts: ['le '],
    says: ['a écrit', 'écrivait', 'écrit'],
    separators: ["message d'origine", 'message d’origine', 'message original', 'message du', 'répondre au-dessus de cette ligne'],
    forwards: ['message transféré', 'début du message transféré', 'début du message réexpédié', 'message réexpédié', 'courriel transféré'],
    labels: { from: ['de', 'expéditeur'], sent: ['envoyé', 'envoyé le', 'date', 'message du'], to: ['à', 'a', 'cc'], subject: ['objet'] },
    sentFrom: [
      'envoyé de',
      'envoyé depuis',
      'envoyé par',
      'envoyé à partir',
      'télécharger outlook',
      'téléchargez outlook',
      'provenance : courrier',
      'obtenez outlook',
      'obtenir outlook',
    ],
  },
  es: {
    starts: ['el '],
    says: ['escribió', 'escribio', 'ha escrito'],
    separators: ['mensaje original'],
    forwards: ['mensaje reenviado', 'inicio del mensaje reenviado', 'comienzo del mensaje reenviado'],
    labels: {
      from: ['de'],
      sent: ['enviado', 'enviado el', 'fecha', 'enviado por', 'fecha y hora'],
      to: ['para', 'cc'],
      subject: ['asunto'],
    },
    sentFrom: ['enviado desde', 'enviado con', 'enviado vía', 'obtener outlook para', 'obtén outlook para', 'descargar outlook'],
  },
  it: {
    starts: ['il ', 'in data '],
    says: ['ha scritto', 'scrive'],
    separators: ['messaggio originale', 'messaggio di origine'],
    forwards: ['messaggio inoltrato', 'inizio messaggio inoltrato', 'inizio del messaggio inoltrato'],
    labels: { from: ['da'], sent: ['inviato', 'data', 'risposta', 'inviato il', 'inviata'], to: ['a', 'cc'], subject: ['oggetto'] },
    sentFrom: ['inviato da', 'inviato con', 'inviata da', 'scarica outlook', 'ottieni outlook'],
  },
  pt: {
    starts: ['em ', 'no dia ', 'a '],
    says: ['escreveu'],
    separators: ['mensagem original', 'mensagem de origem'],
    forwards: ['mensagem encaminhada', 'início da mensagem encaminhada', 'início da mensagem reencaminhada', 'mensagem reencaminhada'],
    labels: {
      from: ['de'],
      sent: ['enviado', 'enviada', 'data', 'enviado em', 'enviada em', 'data de envio'],
      to: ['para', 'cc', 'c/c'],
      subject: ['assunto'],
    },
    sentFrom: [
      'enviado do',
      'enviado a partir',
      'enviado com',
      'enviado via',
      'obter o outlook para',
      'obter outlook para',
      'baixar o outlook',
      'obtenha o outlook',
    ],
  },
  pl: {
    starts: ['w dniu ', 'dnia '],
    says: ['napisał(a)', 'napisał', 'napisała', 'napisana przez', 'pisze'],
    separators: ['wiadomość oryginalna', 'oryginalna wiadomość', 'wiadomość pierwotna'],
    forwards: [
      'wiadomość przekazana dalej',
      'treść przekazanej wiadomości',
      'początek przekazywanej wiadomości',
      'przekazana wiadomość',
      'forwarded message',
    ],
    labels: { from: ['od'], sent: ['wysłano', 'data', 'wysłane', 'data wysłania', 'wysłana'], to: ['do', 'dw'], subject: ['temat'] },
    sentFrom: ['wysłane z', 'wysłano z', 'pobierz program outlook', 'pobierz aplikację outlook', 'wiadomość wysłana z'],
  },
  sv: {
    starts: ['den '],
    says: ['skrev'],
    separators: ['ursprungligt meddelande', 'originalmeddelande', 'ursprungligt e-postmeddelande'],
    forwards: [
      'vidarebefordrat meddelande',
      'vidarebefordrat brev',
      'börja vidarebefordrat meddelande',
      'påbörja vidarebefordrat meddelande',
    ],
    labels: { from: ['från'], sent: ['skickat', 'datum', 'skickad'], to: ['till', 'kopia'], subject: ['ämne'] },
    sentFrom: ['skickat från', 'skickat från min', 'skickat med', 'hämta outlook för', 'skickat via'],
  },
  da: {
    starts: ['den ', 'på '],
    says: ['skrev'],
    separators: ['oprindelig besked', 'oprindelig meddelelse'],
    forwards: ['videresendt meddelelse', 'videresendt besked', 'start på videresendt besked'],
    labels: { from: ['fra'], sent: ['sendt', 'dato'], to: ['til', 'cc'], subject: ['emne'] },
    sentFrom: ['sendt fra', 'hent outlook'],
  },
  no: {
    starts: ['den ', 'på ', 'man. ', 'tir. ', 'ons. ', 'tor. ', 'fre. ', 'lør. ', 'søn. '],
    says: ['skrev'],
    separators: ['opprinnelig melding'],
    forwards: ['videresendt melding', 'begynnelse på videresendt melding'],
    labels: { from: ['fra'], sent: ['sendt', 'dato'], to: ['til', 'kopi'], subject: ['emne'] },
    sentFrom: ['sendt fra', 'få outlook', 'skaff deg outlook'],
  },
  ru: {
    starts: ['в ', 'от '],
    says: ['написал', 'написала', 'пишет', 'писал', 'пише'],
    separators: ['исходное сообщение'],
    forwards: ['пересылаемое сообщение', 'пересылаемое письмо', 'начало переадресованного сообщения'],
    labels: { from: ['от'], sent: ['отправлено', 'дата'], to: ['кому', 'копия'], subject: ['тема'] },
    sentFrom: ['отправлено с'],
  },
};

const ALL = [...Object.values(QUOTE_WORDS), ...Object.values(FURTHER_QUOTE_WORDS)];

export const QUOTE_STARTS: readonly string[] = [...new Set(ALL.flatMap((words) => words.starts))];
export const QUOTE_SAYS: readonly string[] = [...new Set(ALL.flatMap((words) => words.says))];
export const QUOTE_SEPARATORS: ReadonlySet<string> = new Set(ALL.flatMap((words) => [...words.separators, ...words.forwards]));
export const FORWARD_SEPARATORS: ReadonlySet<string> = new Set(ALL.flatMap((words) => words.forwards));
export const SENT_FROM: readonly string[] = [...new Set(ALL.flatMap((words) => words.sentFrom))];

export type HeaderLabel = 'from' | 'sent' | 'to' | 'subject';

/** Label to what it can mean; "de" is From in French and in Spanish, "a" is To in Italian. */
export const HEADER_LABELS: ReadonlyMap<string, HeaderLabel> = new Map(
  (['from', 'sent', 'to', 'subject'] as const).flatMap((kind) =>
    ALL.flatMap((words) => words.labels[kind].map((label) => [label, kind] as const)),
  ),
);
