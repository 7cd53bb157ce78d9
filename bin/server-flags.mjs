/*
 * What Node is started with to be the server. The young generation is kept small: three times its size stays resident for ever after the
 * first busy second, and that second is the start itself.
 */
export const serverFlags = ['--enable-source-maps', '--max-semi-space-size=16'];
