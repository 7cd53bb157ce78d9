/** Why the program cannot start, as a fact for programs. */
export type StartRefusalCode =
  | 'data_folder_in_use'
  | 'data_folder_newer'
  | 'data_folder_older'
  | 'data_folder_not_writable'
  | 'data_folder_incomplete'
  | 'disk_full'
  | 'database_unavailable';

/**
 * A reason not to start that a person can do something about. Whoever starts the program prints the message, without a stack, and exits
 * with `exitCode`.
 *
 * Shape    message: whole sentences: what is wrong, where, and what to do
 */
export class StartRefusal extends Error {
  override readonly name = 'StartRefusal';
  readonly exitCode = 1;

  constructor(
    readonly code: StartRefusalCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The operating system's word for what went wrong (`ENOSPC`), or an empty text when it is not one of its errors. */
export function systemCode(error: unknown): string {
  // By its shape, not its class: a test's world has an `Error` of its own, and errors of the file system are not made of it.
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Turn an error of the file system into the refusal a person can act on; any other error comes back as it is. */
export function asStartRefusal(error: unknown, folder: string): unknown {
  if (error instanceof StartRefusal) return error;
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return diskFull(folder, error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return new StartRefusal(
        'data_folder_not_writable',
        `The data folder ${folder} cannot be written (${systemCode(error)}). Give this account the folder, or point OMNIDESK_DATA at another one.`,
        { cause: error },
      );
    default:
      return error;
  }
}

export function diskFull(folder: string, cause?: unknown): StartRefusal {
  return new StartRefusal('disk_full', `The disk that holds ${folder} is full. Make room, then start again. Nothing was lost.`, { cause });
}
