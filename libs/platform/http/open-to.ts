import { SetMetadata } from '@nestjs/common';

export const OPEN_TO = 'open to';

/**
 * A route that needs no session, and who may call it instead: `vendors, by signature`. Every other route needs a permission; one with
 * neither answers nobody.
 */
export const OpenTo = (whom: string) => SetMetadata(OPEN_TO, whom);
