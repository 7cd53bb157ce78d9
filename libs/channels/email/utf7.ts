/*
 * UTF-7 (RFC 2152), which some old mailers still write. The MIME reader refuses it, rightly: HTML in UTF-7 carries markup past every
 * filter that looks for "<". So it is decoded here, before the reader, and for what is only ever shown as text: headers and text/plain.
 */

/** Is this the name of UTF-7? */
export function isUtf7(charset: string): boolean {
  return /^(?:unicode-1-1-|x-unicode-2-0-)?utf-?7$/i.test(charset.trim());
}

/** The text of UTF-7 bytes given as Latin-1 characters. What is no UTF-7 stays as it is. */
export function decodeUtf7(text: string): string {
  return text.replaceAll(/\+([A-Za-z0-9+/]{0,10000})-?/g, (whole, base64: string) => {
    if (base64 === '') return whole === '+-' ? '+' : whole;
    const bytes = Buffer.from(base64, 'base64');
    const units = bytes.subarray(0, bytes.length - (bytes.length % 2));
    return units.length === 0 ? whole : Buffer.from(units).swap16().toString('utf16le').toWellFormed();
  });
}

/** Encoded words in UTF-7 written anew in UTF-8; other words are left alone. The header is given and returned as Latin-1 characters. */
export function withoutUtf7Words(header: string): string {
  return header.replaceAll(
    /=\?((?:unicode-1-1-)?utf-?7)\?([QqBb])\?([^?\r\n]{0,1000})\?=/gi,
    (_, _charset: string, encoding: string, text: string) => {
      const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString('latin1') : fromQ(text);
      return `=?utf-8?B?${Buffer.from(decodeUtf7(bytes)).toString('base64')}?=`;
    },
  );
}

function fromQ(text: string): string {
  return text.replaceAll('_', ' ').replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
