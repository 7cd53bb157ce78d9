import type { AgentMail, AgentMailKind } from '#accounts';
import type { Locale } from '#contract';

interface Words {
  subject: string;
  text: string;
}

/** What a mail to an agent about his own account says. */
export function agentMail(kind: AgentMailKind, mail: AgentMail): Words {
  const { subject, text } = WORDS[mail.agent.locale][kind](mail);
  return { subject, text: `${GREETING[mail.agent.locale]} ${mail.to.name},\n\n${text}\n\n${FOOT[mail.agent.locale](mail)}` };
}

const GREETING: Record<Locale, string> = { en: 'Hello', nl: 'Hallo' };
const FOOT: Record<Locale, (mail: AgentMail) => string> = {
  en: ({ tenantName }) => `You get this mail because it concerns your account with ${tenantName} in Omnidesk.`,
  nl: ({ tenantName }) => `Je krijgt deze mail omdat het om je account bij ${tenantName} in Omnidesk gaat.`,
};

const notYouEn = ({ url }: AgentMail) =>
  `Was this not you? Change your password at once and tell an owner of your team.\n\nLook at your account: ${url}`;
const notYouNl = ({ url }: AgentMail) =>
  `Was jij dit niet? Wijzig dan meteen je wachtwoord en vertel het een eigenaar van je team.\n\nBekijk je account: ${url}`;

const WORDS: Record<Locale, Record<AgentMailKind, (mail: AgentMail) => Words>> = {
  en: {
    invited: ({ tenantName, url }) => ({
      subject: `You are invited to ${tenantName}`,
      text: `${tenantName} would like you to answer its contacts in Omnidesk. Choose a password here, and you are in. The link works once, for three days:\n\n${url}`,
    }),
    password_reset_asked: ({ url }) => ({
      subject: 'A new password',
      text: `Somebody, probably you, asked for a new password. Choose it here. The link works once, for one hour:\n\n${url}\n\nIf it was not you, do nothing: nothing has changed.`,
    }),
    password_changed: (mail) => ({
      subject: 'Your password was changed',
      text: `The password of your account was changed.\n\n${notYouEn(mail)}`,
    }),
    identity_connected: (mail) => ({
      subject: 'Your account can be opened by single sign-on',
      text: `Your account was connected with an identity at a provider that your team uses. Whoever signs in there as you is let in here.\n\n${notYouEn(mail)}`,
    }),
    identity_disconnected: (mail) => ({
      subject: 'Single sign-on was removed from your account',
      text: `Your account is no longer connected with an identity at a provider that your team uses.\n\n${notYouEn(mail)}`,
    }),
    second_factor_added: (mail) => ({
      subject: 'A second factor was added',
      text: `Your account can now be opened with another app or passkey.\n\n${notYouEn(mail)}`,
    }),
    second_factor_removed: (mail) => ({
      subject: 'A second factor was removed',
      text: `An app or a passkey of your account was removed.\n\n${notYouEn(mail)}`,
    }),
    second_factors_taken_away: ({ url }) => ({
      subject: 'Your second factors were removed by a colleague',
      text: `An owner or admin of your team has removed every app, passkey and recovery code of your account, and ended your sessions. Sign in with your password and set up a new one. If you did not ask for this, tell an owner of your team at once.\n\n${url}`,
    }),
    second_factor_guessed: (mail) => ({
      subject: 'Somebody is trying to get into your account',
      text: `Five wrong codes or passwords in a row were given for your account, by somebody who got past the first step. Further tries wait a quarter of an hour.\n\n${notYouEn(mail)}`,
    }),
    recovery_code_used: (mail) => ({
      subject: 'A recovery code was used',
      text: `Your account was opened with one of your recovery codes. It opens nothing any more.\n\n${notYouEn(mail)}`,
    }),
    recovery_codes_made: (mail) => ({
      subject: 'New recovery codes were made',
      text: `Ten new recovery codes were made for your account. The earlier ones open nothing any more.\n\n${notYouEn(mail)}`,
    }),
    present_address_asked: ({ url, nextEmail }) => ({
      subject: 'Is this your new address?',
      text: `The address of your account is to become ${nextEmail}. If you want that, say so here, within a day:\n\n${url}\n\nThe other address is asked too; it changes once both have said yes. If you do not want it, do nothing, and change your password: somebody has used your account.`,
    }),
    next_address_asked: ({ url }) => ({
      subject: 'Confirm your new address',
      text: `This is to become the address of your account. Confirm here that you read it, within a day:\n\n${url}\n\nThe present address is asked too; it changes once both have said yes.`,
    }),
    address_changed: (mail) => ({
      subject: 'Your address was changed',
      text: `From now on you sign in with this address.\n\n${notYouEn(mail)}`,
    }),
    networks_changed: ({ url }) => ({
      subject: 'The networks of your team were changed',
      text: `An owner or admin has changed from which networks your team can be reached, and the new list leaves out the network from which it was changed. If nobody of your team meant to do that, change the list at once, or ask whoever runs your installation to empty it.\n\n${url}`,
    }),
    much_read: ({ url }) => ({
      subject: 'Somebody opens unusually much',
      text: `Within an hour one account of your team has opened more conversations or files than work asks for. The audit says whose. If it is not meant, sign that account out everywhere and deactivate it; beyond a limit it has to wait anyway.\n\n${url}`,
    }),
  },
  nl: {
    invited: ({ tenantName, url }) => ({
      subject: `Je bent uitgenodigd bij ${tenantName}`,
      text: `${tenantName} wil graag dat je klanten helpt in Omnidesk. Kies hier een wachtwoord en je bent binnen. De link werkt één keer, drie dagen lang:\n\n${url}`,
    }),
    password_reset_asked: ({ url }) => ({
      subject: 'Een nieuw wachtwoord',
      text: `Iemand, waarschijnlijk jij, vroeg om een nieuw wachtwoord. Kies het hier. De link werkt één keer, een uur lang:\n\n${url}\n\nWas jij het niet, doe dan niets: er is niets gewijzigd.`,
    }),
    password_changed: (mail) => ({
      subject: 'Je wachtwoord is gewijzigd',
      text: `Het wachtwoord van je account is gewijzigd.\n\n${notYouNl(mail)}`,
    }),
    identity_connected: (mail) => ({
      subject: 'Je account kan met single sign-on worden geopend',
      text: `Je account is gekoppeld aan een identiteit bij een aanbieder die je team gebruikt. Wie zich daar als jij aanmeldt, komt hier binnen.\n\n${notYouNl(mail)}`,
    }),
    identity_disconnected: (mail) => ({
      subject: 'Single sign-on is van je account verwijderd',
      text: `Je account is niet meer gekoppeld aan een identiteit bij een aanbieder die je team gebruikt.\n\n${notYouNl(mail)}`,
    }),
    second_factor_added: (mail) => ({
      subject: 'Er is een tweede factor toegevoegd',
      text: `Je account gaat nu ook open met een andere app of passkey.\n\n${notYouNl(mail)}`,
    }),
    second_factor_removed: (mail) => ({
      subject: 'Er is een tweede factor verwijderd',
      text: `Een app of passkey van je account is verwijderd.\n\n${notYouNl(mail)}`,
    }),
    second_factors_taken_away: ({ url }) => ({
      subject: 'Een collega heeft je tweede factoren verwijderd',
      text: `Een eigenaar of beheerder van je team heeft elke app, passkey en herstelcode van je account verwijderd en je sessies beëindigd. Meld je aan met je wachtwoord en stel een nieuwe in. Heb je hier niet om gevraagd, vertel het dan meteen een eigenaar van je team.\n\n${url}`,
    }),
    second_factor_guessed: (mail) => ({
      subject: 'Iemand probeert in je account te komen',
      text: `Er zijn vijf verkeerde codes of wachtwoorden na elkaar gegeven voor je account, door iemand die voorbij de eerste stap was. Verdere pogingen wachten een kwartier.\n\n${notYouNl(mail)}`,
    }),
    recovery_code_used: (mail) => ({
      subject: 'Er is een herstelcode gebruikt',
      text: `Je account is geopend met een van je herstelcodes. Die code opent niets meer.\n\n${notYouNl(mail)}`,
    }),
    recovery_codes_made: (mail) => ({
      subject: 'Er zijn nieuwe herstelcodes gemaakt',
      text: `Er zijn tien nieuwe herstelcodes voor je account gemaakt. De eerdere openen niets meer.\n\n${notYouNl(mail)}`,
    }),
    present_address_asked: ({ url, nextEmail }) => ({
      subject: 'Is dit je nieuwe adres?',
      text: `Het adres van je account wordt ${nextEmail}. Wil je dat, zeg dat dan hier, binnen een dag:\n\n${url}\n\nHet andere adres wordt ook gevraagd; het verandert zodra beide ja hebben gezegd. Wil je het niet, doe dan niets en wijzig je wachtwoord: iemand heeft je account gebruikt.`,
    }),
    next_address_asked: ({ url }) => ({
      subject: 'Bevestig je nieuwe adres',
      text: `Dit wordt het adres van je account. Bevestig hier dat je het leest, binnen een dag:\n\n${url}\n\nHet huidige adres wordt ook gevraagd; het verandert zodra beide ja hebben gezegd.`,
    }),
    address_changed: (mail) => ({ subject: 'Je adres is gewijzigd', text: `Vanaf nu meld je je aan met dit adres.\n\n${notYouNl(mail)}` }),
    networks_changed: ({ url }) => ({
      subject: 'De netwerken van je team zijn gewijzigd',
      text: `Een eigenaar of beheerder heeft gewijzigd vanaf welke netwerken je team bereikbaar is, en het netwerk vanwaar dat is gewijzigd staat niet in de nieuwe lijst. Was dat niet de bedoeling van je team, wijzig de lijst dan meteen, of vraag de beheerder van je installatie om hem leeg te maken.\n\n${url}`,
    }),
    much_read: ({ url }) => ({
      subject: 'Iemand opent ongewoon veel',
      text: `Binnen een uur heeft één account van je team meer gesprekken of bestanden geopend dan het werk vraagt. In het auditlog staat welk. Is het niet de bedoeling, meld dat account dan overal af en deactiveer het; boven een grens moet het hoe dan ook wachten.\n\n${url}`,
    }),
  },
};
