/** Why a mail was not delivered. */
export type BounceReason =
  | 'user_unknown'
  | 'host_unknown'
  | 'moved'
  | 'disabled'
  | 'mailbox_full'
  | 'too_large'
  | 'rate'
  | 'expired'
  | 'network'
  | 'system'
  | 'loop'
  | 'spam'
  | 'virus'
  | 'reputation'
  | 'authentication'
  | 'sender_refused'
  | 'relay_refused'
  | 'policy'
  | 'syntax'
  | 'undetermined';

/*
 * What servers say, in lower case, one phrase between two bars. A phrase is added here and nowhere else.
 *
 * The more telling reason stands first, because "user unknown" and "rejected" stand in many an answer whose real reason is another.
 *
 * Source   answers as Exchange, Postfix, Exim, qmail, Sendmail, Gmail, Outlook.com, Yahoo and others write them
 */
const TABLE: readonly (readonly [BounceReason, string])[] = [
  ['host_unknown', `the account or domain may not exist | host or domain name not found | infodomainnonexistent`],
  ['loop', `loops back to myself`],
  ['user_unknown', `recipient address rejected: access denied | undeliverable address: unknown`],
  ['network', `delivery temporarily suspended | name service error`],
  ['relay_refused', `allowed rcpthosts`],
  [
    'mailbox_full',
    `mailbox full | mailbox is full | disk space limit | mailbox exceeded | over quota | overquota | over the quota | quota exceeded | exceeded quota
    | exceeds allowed quota | exceeded its quota | over its quota | exceeding its quota | out of storage | insufficient disk | disk quota
    | mailbox size | storage limit | exceeded storage | exceeded the storage | storage allocation | inbox is full | mail box full
    | quota violation | quota would be exceeded | exceed mailbox quota | would exceed | mailbox has exceeded | full mailbox
    | user has exhausted | has too many messages | not enough space | not enough disk | disk full | no space | is full | quota is full | mailfolder is full
    | message size exceeds remaining quota | exceeding their quota | mailbox exceeds | mailbox vol | postvak vol | boîte pleine
    | mailbox voll | postfach voll`,
  ],
  [
    'too_large',
    `too large | too big | size limit | maximum message size | message size exceeds | exceeds fixed | exceeds the maximum size
    | exceeds maximum | message too long | exceeded maximum | exceeds size | max message size | larger than the current system limit
    | exceeded the maximum incoming`,
  ],
  [
    'moved',
    `has moved | user moved | has been replaced by | address has changed | no longer uses this address | recipient has moved
    | new address is`,
  ],
  [
    'reputation',
    `reverse dns | rdns | ptr record | ptr | cannot find your hostname | cannot find your reverse hostname | no reverse
    | reverse lookup | reverse mapping | fcrdns | dns record for your | cannot resolve your address | generic hostname | ip name lookup
    | blacklist | black list | blocklist | block list | blocked using | listed by | listed in | dnsbl | rbl | spamhaus | spamcop
    | is on our block | access denied - invalid helo | poor reputation | reputation | your ip | ip address is | bad helo
    | helo command rejected | your host | client host rejected | connection refused by | banned sending ip | dynamic ip
    | dynamic/zombied | domain name of the host | is blocked | are blocked | been blocked | blocked by
    | part of their network is on our block | hostname | not allowed to connect | no access from mail server | refused to talk to me: 55
    | not rfc compliant helo | unauthenticated ip | refuses to talk | connections not accepted | connections from this host
    | domain of sender address | error: 0 mail from | smtp rbl | go away | ip blocked | we do not accept mail from | invalid ip for`,
  ],
  [
    'authentication',
    `spf | spf: | spf- | sender policy framework | dkim | dmarc | unauthenticated email | authentication required | auth failed
    | authentication failed | not authenticated | not designate permitted | does not pass | unauthenticated | sender id
    | smtp authentication`,
  ],
  [
    'sender_refused',
    `sender address rejected | sender rejected | sender domain | sender verify | sender not | sender is not | bad sender
    | sender's address | domain of sender | invalid sender | unable to verify sender | return path | mail from domain | sender denied
    | sender refused | bad address mailbox syntax in sender | backscatter | envelope sender | you are not allowed to send
    | not allowed to send | rejected because of your sender | address you used to send | sender email | does not like recipient mail from
    | no valid sender`,
  ],
  [
    'spam',
    `spam | unsolicited | junk mail | bulk mail | bulk email | url in | uribl | surbl | rejected by content | content rejected
    | message content | blocked by the recipient | content filter | looks like | high probability | suspicious | uce | phishing`,
  ],
  [
    'virus',
    `virus | malware | infected | worm | prohibited attachment | banned file | attachment type | executable | security reasons
    | security problem`,
  ],
  [
    'rate',
    `too many connections | too many messages | too many recipients | too many concurrent | too many sessions | rate limit | rate-limit
    | receiving mail too quickly | receiving mail at a rate | throttl | greylist | graylist | grey list | too frequent | too fast
    | too many emails | deferred due to user complaints | sending limit | message rate | connection rate | too many mails
    | try again later: too | exceeded the maximum number`,
  ],
  [
    'relay_refused',
    `relay access denied | relaying denied | unable to relay | relay not permitted | not permitted to relay | relaying not allowed
    | we do not relay | relay denied | no relaying | relaying prohibited | relay is not`,
  ],
  [
    'host_unknown',
    `host unknown | unknown host | host not found | name or service not known | domain name not found | domain not found | no such domain | unknown domain
    | domain does not exist | domain doesn't exist | domain is not | no such host | unrouteable domain | unrouteable mail domain
    | nxdomain | couldn't find any host | couldn't be found | illegal host | host name lookup failure | name server: host
    | invalid domain | bad destination | domain couldn | all relevant mx records point to non-existent hosts | no route to domain
    | unable to resolve | no mx or a record | unresolvable | recipient address has null mx | null mx | responded with "null mx"
    | hostunknown | could not be resolved | cannot find the domain | no mail hosts for domain | domain of recipient | host doesn't exist
    | host does not exist | domain has no | no mx record | isn't in my control/locals`,
  ],
  [
    'disabled',
    `account disabled | account is disabled | mailbox disabled | mailbox is disabled | account has been disabled | user is disabled
    | account inactive | account is inactive | mailbox is inactive | inactive user | account suspended | user suspended
    | account has been suspended | account closed | account expired | discontinued | deactivated | no longer active
    | disabled or discontinued | locked | account not active | is currently suspended | is suspended | been suspended
    | email account that you tried to reach is disabled | account is not active | not active
    | account that you tried to reach is inactive | is frozen | no longer accepts mail`,
  ],
  [
    'user_unknown',
    `user unknown | unknown user | no such user | unknown recipient | recipient unknown | recipient not found | user not found
    | unknown address | address unknown | addressee unknown | does not exist | doesn't exist | not exist | no such recipient
    | no such address | no mailbox | no such mailbox | unknown mailbox | mailbox not found | mailbox unknown | invalid recipient
    | invalid mailbox | invalid address | invalid user | not a valid | not valid | name is not recognized | not recognized
    | not our customer | no account | not listed in | unknown local | unknown or illegal alias | undeliverable address
    | no longer available | no longer valid | no longer in use | no longer employed | not known | is unknown | is not known
    | user_unknown | unrouteable address | user invalid | bad destination mailbox | recipient address rejected: no | this user doesn
    | account that you tried to reach does not exist | rcpt to unknown | cannot be found | can't be found | couldn't be found at
    | wasn't found | was not found | could not be found | not in directory | unable to find recipient | resolver.adr.recipnotfound
    | resolver.adr.exrecipnotfound | recipnotfound | recipient not exist | no one by that name | no one here
    | delivery to this address is | mailbox not available | bad recipient | recipient is not | no user | unknown account
    | unknown or invalid | user does not have | onbekende gebruiker | unbekannt | utilisateur inconnu | isn't in the recipient
    | not our user | dosn | no local mailbox | is not a known user | not local | no valid recipients | user not known | nie istnieje
    | not have an account | bad_recipient | no mail box | final delivery userid | address not found | no person by`,
  ],
  [
    'expired',
    `retry timeout exceeded | message expired | delivery time expired | delivery expired | could not be delivered for | queue period
    | been in the queue too long | retry time not reached | too old | giving up | retention time | maximum queue | been attempting
    | delivery not attempted | not delivered within | cannot send message for | delivery failed 20 attempts | has not been collected`,
  ],
  [
    'loop',
    `mail loop | too many hops | hop count | routing loop | mail forwarding loop | loops back | loop detected | message looping
    | too many received`,
  ],
  [
    'network',
    `connection timed out | connection refused | connection reset | lost connection | connection dropped | network is unreachable
    | no route to host | timed out | timeout | host is unreachable | unable to connect | could not connect | not responding
    | did not respond | connection died | name service error | starttls | tls | no answer from host | not reachable | establish
    | host not reachable | failed to connect | temporary lookup failure | dns | mail exchanger failed`,
  ],
  [
    'policy',
    `policy | not accept | only accepting mail from | refuses to accept | not currently being accepted | not allowed | not permitted | permission | access denied | administrative prohibition | administratively
    | prohibited | refused | rejected | denied | restricted | not authorized | not authorised | unauthorized | challenge | disallowed
    | filter | forbidden | blocked | requires confirmation`,
  ],
  [
    'system',
    `system error | internal error | local error | configuration error | not configured | insufficient system | temporary failure
    | temporarily unavailable | local configuration | can't create | cannot create | service unavailable | system not | server error
    | resources temporarily | try again later | pipe to | mailer error | command died | currently unavailable`,
  ],
  [
    'syntax',
    `syntax error | command not recognized | bad sequence | command unrecognized | protocol error | not implemented
    | unrecognized command | protocol violation | malformed address`,
  ],
];

/** Reasons in the order in which they are looked for, each with its phrases. */
export const BOUNCE_PHRASES: readonly (readonly [BounceReason, readonly string[]])[] = TABLE.map(([reason, phrases]) => [
  reason,
  phrases.split('|').map((phrase) => phrase.trim()),
]);
