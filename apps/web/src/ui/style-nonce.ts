/** This page's word for style elements, by which the server's policy knows that they are ours. */
export const styleNonce = () => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

/** Under the name by which the library asks for it that keeps the page from scrolling behind a dialog. */
export function lendStyleNonce(): void {
  Object.assign(globalThis, { __webpack_nonce__: styleNonce() });
}
