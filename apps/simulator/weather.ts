import { z } from 'zod';
import { MAIL_FAULT_NAMES, type DnsFault, type Faults, type GraphFault, type MediaFault } from './faults.js';

/** The faults a person can switch on in the page, in plain words there. */
export const Weather = z.enum([
  'facebook_slow',
  'facebook_down',
  'facebook_web_page',
  'facebook_nearly_full',
  'facebook_too_many_calls',
  'facebook_error_with_200',
  'facebook_person_gone',
  'facebook_cut_after_sending',
  'facebook_error_but_sent',
  'webhooks_twice',
  'webhooks_shuffled',
  'webhooks_batched',
  'webhooks_two_pages',
  'webhooks_no_echo',
  'files_expired',
  'files_gone',
  'files_broken',
  'files_cut',
  'mail_busy',
  'mail_unknown_recipient',
  'mail_closing',
  'mail_greylisted',
  'mail_sign_in_refused',
  'mail_sender_refused',
  'mail_too_large',
  'mail_rejected',
  'mail_slow',
  'mail_hang_after_data',
  'mail_drop_after_dot',
  'mail_cut_after_accept',
  'mail_tls_failure',
  'dns_down',
  'dns_silent',
]);
export type Weather = z.infer<typeof Weather>;

/** Each of them, for whoever wants to live through all. What can go wrong with one call has names of its own: `FAULT_NAMES`. */
export const WEATHERS: readonly Weather[] = Weather.options;

const SLOW_MS = 3000;
const NEARLY_FULL_PERCENT = 85;
const BATCH = 5;
const SHUFFLED = 4;
/** Long enough for a person to make a few events that then travel together. */
const HOLD_MS = 4000;

const GRAPH: Partial<Record<Weather, GraphFault[]>> = {
  facebook_slow: [{ does: { kind: 'latency', ms: SLOW_MS } }],
  facebook_down: [
    {
      does: {
        kind: 'error',
        code: 2,
        httpStatus: 503,
        isTransient: true,
        message: 'An unexpected error has occurred. Please retry later.',
      },
    },
  ],
  facebook_web_page: [{ does: { kind: 'body', httpStatus: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' } }],
  facebook_nearly_full: [{ does: { kind: 'usage', percent: NEARLY_FULL_PERCENT } }],
  facebook_too_many_calls: [
    { does: { kind: 'usage', percent: 100, regainMinutes: 5 } },
    { on: ['send'], does: { kind: 'error', code: 613, message: '(#613) Calls to this api have exceeded the rate limit.' } },
  ],
  facebook_error_with_200: [{ on: ['send'], does: { kind: 'error', code: 36000, httpStatus: 200, message: 'The file could not be used' } }],
  facebook_person_gone: [
    { on: ['send'], does: { kind: 'error', code: 551, subcode: 1545041, message: "(#551) This person isn't available right now." } },
  ],
  facebook_cut_after_sending: [{ on: ['send'], does: { kind: 'cut', acceptFirst: true } }],
  facebook_error_but_sent: [
    { on: ['send'], does: { kind: 'error', code: 1, subcode: 1357046, acceptFirst: true, message: 'Received Invalid JSON reply.' } },
  ],
};

const DNS: Partial<Record<Weather, DnsFault[]>> = {
  dns_down: [{ kind: 'servfail' }],
  dns_silent: [{ kind: 'silence' }],
};

const MEDIA: Partial<Record<Weather, MediaFault[]>> = {
  files_expired: [{ kind: 'expired' }],
  files_gone: [{ kind: 'gone' }],
  files_broken: [{ kind: 'broken' }],
  files_cut: [{ kind: 'cut' }],
};

/** These switches together, as faults; every other fault ends. */
export function faultsOf(weather: readonly Weather[]): Required<Faults> {
  const has = (one: Weather): boolean => weather.includes(one);
  const holds = has('webhooks_shuffled') || has('webhooks_batched') || has('webhooks_two_pages');
  return {
    graph: weather.flatMap((one) => GRAPH[one] ?? []),
    mail: MAIL_FAULT_NAMES.filter((kind) => has(`mail_${kind}`)).map((kind) => ({ kind })),
    media: weather.flatMap((one) => MEDIA[one] ?? []),
    dns: weather.flatMap((one) => DNS[one] ?? []),
    delivery: {
      extraCopies: has('webhooks_twice') ? 1 : 0,
      reorderWindow: has('webhooks_shuffled') ? SHUFFLED : 1,
      batchSize: has('webhooks_batched') ? BATCH : 1,
      mixPages: has('webhooks_two_pages'),
      lost: has('webhooks_no_echo') ? ['message_echoes'] : [],
      ...(holds ? { holdMs: HOLD_MS } : {}),
    },
  };
}
