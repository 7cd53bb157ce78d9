/** The id of the conversation that an address opens. */
export function conversationIn(pathname: string): string | undefined {
  return /^\/inbox\/[^/]+\/([^/]+)/.exec(pathname)?.[1];
}
