import type { MailLoginProvider, MailServerPlace } from '#contract';

/** A mail provider whose servers we know. */
export interface KnownProvider {
  name: string;
  /** Addresses of its own. */
  domains: readonly string[];
  /** Its servers for the domains of others, as their MX records name them. */
  mx: RegExp | null;
  /** Null: there is none to the outside. */
  imap: MailServerPlace | null;
  smtp: MailServerPlace | null;
  login: MailLoginProvider | null;
}

const tls = (host: string, port: number): MailServerPlace => ({ host, port, security: 'tls' });
const startTls = (host: string): MailServerPlace => ({ host, port: 587, security: 'starttls' });

function provider(
  name: string,
  { domains = [], mx = null }: { domains?: string[]; mx?: RegExp | null },
  [imapHost, smtp]: [string | null, MailServerPlace | string],
  login: MailLoginProvider | null = null,
): KnownProvider {
  const imap = imapHost === null ? null : tls(imapHost, 993);
  return { name, domains, mx, imap, smtp: typeof smtp === 'string' ? tls(smtp, 465) : smtp, login };
}

/**
 * The servers of providers that many businesses have their mail with, all of them with TLS.
 *
 * A guess is tried before it is saved, so that a line that has grown old costs a person a field, not a mailbox.
 */
const KNOWN: readonly KnownProvider[] = [
  provider(
    'Google',
    { domains: ['gmail.com', 'googlemail.com'], mx: /(?:^|\.)(?:google|googlemail)\.com$/ },
    ['imap.gmail.com', 'smtp.gmail.com'],
    'google',
  ),
  provider(
    'Microsoft',
    {
      domains: [
        'outlook.com',
        'outlook.de',
        'outlook.fr',
        'outlook.es',
        'outlook.it',
        'outlook.be',
        'hotmail.com',
        'hotmail.nl',
        'hotmail.de',
      ].concat([
        'hotmail.fr',
        'hotmail.be',
        'hotmail.co.uk',
        'live.com',
        'live.nl',
        'live.de',
        'live.fr',
        'live.be',
        'live.co.uk',
        'msn.com',
      ]),
      mx: /(?:^|\.)(?:(?:mail|olc)\.protection\.outlook\.com|mx\.microsoft)$/,
    },
    ['outlook.office365.com', startTls('smtp.office365.com')],
    'microsoft',
  ),
  provider('AOL', { domains: ['aol.com', 'aim.com'], mx: /^mx-aol\.mail\.gm\d\.yahoodns\.net$/ }, ['imap.aol.com', 'smtp.aol.com']),
  provider(
    'Yahoo',
    {
      domains: ['yahoo.com', 'yahoo.de', 'yahoo.fr', 'yahoo.es', 'yahoo.it', 'yahoo.nl', 'yahoo.co.uk', 'ymail.com', 'rocketmail.com'],
      mx: /(?:^|\.)yahoodns\.net$/,
    },
    ['imap.mail.yahoo.com', 'smtp.mail.yahoo.com'],
  ),
  provider('iCloud', { domains: ['icloud.com', 'me.com', 'mac.com'], mx: /(?:^|\.)mail\.icloud\.com$/ }, [
    'imap.mail.me.com',
    startTls('smtp.mail.me.com'),
  ]),
  provider('Fastmail', { domains: ['fastmail.com', 'fastmail.fm', 'fastmail.nl'], mx: /(?:^|\.)messagingengine\.com$/ }, [
    'imap.fastmail.com',
    'smtp.fastmail.com',
  ]),
  provider('Zoho', { domains: ['zoho.eu', 'zohomail.eu'] }, ['imap.zoho.eu', 'smtp.zoho.eu']),
  provider('Zoho', { domains: ['zoho.com', 'zohomail.com'] }, ['imap.zoho.com', 'smtp.zoho.com']),
  provider('Zoho', { mx: /(?:^|\.)zoho\.eu$/ }, ['imappro.zoho.eu', 'smtppro.zoho.eu']),
  provider('Zoho', { mx: /(?:^|\.)zoho\.com$/ }, ['imappro.zoho.com', 'smtppro.zoho.com']),
  provider('GMX', { domains: ['gmx.net', 'gmx.de', 'gmx.at', 'gmx.ch'], mx: /(?:^|\.)gmx\.net$/ }, ['imap.gmx.net', 'mail.gmx.net']),
  provider('GMX', { domains: ['gmx.com', 'gmx.us', 'gmx.co.uk'] }, ['imap.gmx.com', 'mail.gmx.com']),
  provider('WEB.DE', { domains: ['web.de'], mx: /(?:^|\.)web\.de$/ }, ['imap.web.de', startTls('smtp.web.de')]),
  provider('mail.com', { domains: ['mail.com', 'email.com'] }, ['imap.mail.com', 'smtp.mail.com']),
  provider('T-Online', { domains: ['t-online.de', 'magenta.de'] }, ['secureimap.t-online.de', 'securesmtp.t-online.de']),
  provider('freenet', { domains: ['freenet.de'] }, ['mx.freenet.de', 'mx.freenet.de']),
  provider('Posteo', { domains: ['posteo.de', 'posteo.net', 'posteo.nl'], mx: /(?:^|\.)posteo\.de$/ }, ['posteo.de', 'posteo.de']),
  provider('mailbox.org', { domains: ['mailbox.org'], mx: /(?:^|\.)mailbox\.org$/ }, ['imap.mailbox.org', 'smtp.mailbox.org']),
  // Its mailboxes are sealed: a program sees into them only through Proton Bridge, which stands at the business itself.
  provider(
    'Proton Mail (Proton Bridge)',
    { domains: ['proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me'], mx: /(?:^|\.)protonmail\.ch$/ },
    [null, startTls('smtp.protonmail.ch')],
  ),
  provider(
    'KPN',
    { domains: ['kpnmail.nl', 'planet.nl', 'hetnet.nl', 'kpnplanet.nl', 'telfort.nl', 'tiscali.nl'], mx: /(?:^|\.)kpnmail\.nl$/ },
    ['imap.kpnmail.nl', startTls('smtp.kpnmail.nl')],
  ),
  provider('XS4ALL', { domains: ['xs4all.nl'], mx: /(?:^|\.)xs4all\.nl$/ }, ['imap.xs4all.nl', 'smtp.xs4all.nl']),
  provider(
    'Ziggo',
    {
      domains: ['ziggo.nl', 'home.nl', 'casema.nl', 'chello.nl', 'quicknet.nl', 'upcmail.nl', 'multiweb.nl', 'zinders.nl', 'zonnet.nl'],
      mx: /(?:^|\.)ziggo\.nl$/,
    },
    ['imap.ziggo.nl', startTls('smtp.ziggo.nl')],
  ),
  provider('Freedom Internet', { domains: ['freedom.nl'], mx: /(?:^|\.)freedom\.nl$/ }, ['imap.freedom.nl', 'smtp.freedom.nl']),
  provider('Soverin', { domains: ['soverin.net'], mx: /(?:^|\.)soverin\.net$/ }, ['imap.soverin.net', 'smtp.soverin.net']),
  provider('TransIP', { mx: /(?:^|\.)transip\.email$/ }, ['imap.transip.email', 'smtp.transip.email']),
  provider('Hostnet', { mx: /(?:^|\.)hostnet\.nl$/ }, ['imap.hostnet.nl', 'smtp.hostnet.nl']),
  provider('STRATO', { mx: /(?:^|\.)rzone\.de$/ }, ['imap.strato.de', 'smtp.strato.de']),
  provider('IONOS', { mx: /(?:^|\.)(?:ionos|1and1)\.(?:com|co\.uk)$|(?:^|\.)perfora\.net$/ }, ['imap.ionos.com', 'smtp.ionos.com']),
  provider('IONOS', { mx: /(?:^|\.)(?:ionos\.de|kundenserver\.de)$/ }, ['imap.ionos.de', 'smtp.ionos.de']),
  provider('OVHcloud', { mx: /^mx\d?\.mail\.ovh\.net$|(?:^|\.)ovh\.net$/ }, ['ssl0.ovh.net', 'ssl0.ovh.net']),
  provider('Gandi', { mx: /(?:^|\.)mail\.gandi\.net$/ }, ['mail.gandi.net', 'mail.gandi.net']),
  provider('Infomaniak', { domains: ['ik.me'], mx: /(?:^|\.)infomaniak\.ch$/ }, ['mail.infomaniak.com', 'mail.infomaniak.com']),
  provider('one.com', { mx: /(?:^|\.)one\.com$/ }, ['imap.one.com', 'send.one.com']),
  provider('Hostinger', { mx: /(?:^|\.)hostinger\.com$/ }, ['imap.hostinger.com', 'smtp.hostinger.com']),
  provider('Private Email', { mx: /(?:^|\.)privateemail\.com$/ }, ['mail.privateemail.com', 'mail.privateemail.com']),
  provider('Rackspace', { mx: /(?:^|\.)emailsrvr\.com$/ }, ['secure.emailsrvr.com', 'secure.emailsrvr.com']),
  provider('Aruba', { mx: /(?:^|\.)aruba\.it$/ }, ['imaps.aruba.it', 'smtps.aruba.it']),
  provider('Libero', { domains: ['libero.it'] }, ['imapmail.libero.it', 'smtp.libero.it']),
  provider('Orange', { domains: ['orange.fr', 'wanadoo.fr'] }, ['imap.orange.fr', 'smtp.orange.fr']),
  provider('Free', { domains: ['free.fr'] }, ['imap.free.fr', 'smtp.free.fr']),
  provider('La Poste', { domains: ['laposte.net'] }, ['imap.laposte.net', 'smtp.laposte.net']),
  provider('Telenet', { domains: ['telenet.be'] }, ['imap.telenet.be', startTls('smtp.telenet.be')]),
  provider('Proximus', { domains: ['proximus.be', 'skynet.be'] }, ['imap.proximus.be', 'smtp.proximus.be']),
  provider('WP', { domains: ['wp.pl'] }, ['imap.wp.pl', 'smtp.wp.pl']),
  provider('Onet', { domains: ['onet.pl', 'op.pl', 'vp.pl'] }, ['imap.poczta.onet.pl', 'smtp.poczta.onet.pl']),
];

/** The provider whose own domain this is; null when it is nobody's that we know. */
export function providerOfDomain(domain: string): KnownProvider | null {
  return KNOWN.find(({ domains }) => domains.includes(domain)) ?? null;
}

/** The provider that takes in a domain's mail, by its MX hosts, the most wanted first; null for one we do not know. */
export function providerOfMx(hosts: readonly string[]): KnownProvider | null {
  for (const host of hosts) {
    const name = host.toLowerCase().replace(/\.$/, '');
    const known = KNOWN.find(({ mx }) => mx?.test(name) === true);
    if (known !== undefined) return known;
  }
  return null;
}
