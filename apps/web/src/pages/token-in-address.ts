/** What stands behind the #: there the token is in no server's log and in no Referer header. */
export function tokenInAddress(): string {
  return decodeURIComponent(window.location.hash.replace(/^#/, ''));
}
