/** Facebook and mail providers send people back to the same page, with codes of which some are the same: which of them it was. */
const MARK = 'omnidesk.login';
const ONLY_MAIL = /^(?:no_)?mail_/;

/** Remember that somebody goes to a mail provider now. */
export function markMailLogin(): void {
  try {
    sessionStorage.setItem(MARK, 'mail');
  } catch {
    // A browser that keeps nothing for us: then the refusal is told in the other's words.
  }
}

/** Forget it: somebody goes to Facebook now. */
export function markPageLogin(): void {
  try {
    sessionStorage.removeItem(MARK);
  } catch {
    // Nothing was kept, so nothing is to be forgotten.
  }
}

/** Whether a refused sign-in was one with a mail provider. */
export function wasMailLogin(code: string): boolean {
  if (ONLY_MAIL.test(code)) return true;
  try {
    return sessionStorage.getItem(MARK) === 'mail';
  } catch {
    return false;
  }
}
