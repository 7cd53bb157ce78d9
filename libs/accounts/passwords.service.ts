import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '#platform';
import { demandStrongPassword, type KnownWords } from './password-strength.js';
import { hashPassword, isPassword, needsRehash, pretendToCheck } from './password.js';

/** Passwords as this installation keeps them. */
@Injectable()
export class PasswordService {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** What is kept of a new password. Errors: as `demandStrongPassword`. */
  async hashNew(password: string, known: KnownWords): Promise<string> {
    await demandStrongPassword(password, known);
    return hashPassword(password, this.config.passwordCost);
  }

  isRight(password: string, passwordHash: string): Promise<boolean> {
    return isPassword(password, passwordHash);
  }

  /** What to keep of a right password from now on; null: what is kept is as it should be. */
  async rehash(password: string, passwordHash: string): Promise<string | null> {
    return needsRehash(passwordHash, this.config.passwordCost) ? hashPassword(password, this.config.passwordCost) : null;
  }

  pretend(password: string): Promise<void> {
    return pretendToCheck(password, this.config.passwordCost);
  }
}
