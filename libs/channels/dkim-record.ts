import { domainToASCII } from 'node:url';

/** Where the public half of a mailbox' key has to stand in the DNS. Source: RFC 6376, 3.6.2.1 */
export function dkimRecordName(selector: string, address: string): string {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return `${selector}._domainkey.${domainToASCII(domain) || domain}`;
}

/** What has to stand there. Shape  publicKey: base64 of the key's DER, without line breaks. Source: RFC 6376, 3.6.1 */
export function dkimRecordValue(publicKey: string): string {
  return `v=DKIM1; k=rsa; p=${publicKey}`;
}
