import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import {
  ConfirmTotp,
  type FactorAdded,
  type Factors,
  NewPasskey,
  type NewTotp,
  type Passkey,
  PasskeyChange,
  type PasskeyRequest,
  type RecoveryCodes,
} from '#contract';
import { type Actor, FactorService, PasskeyService } from '#accounts';
import { isUuid, notFound, type Source, valid } from '#platform';
import { Allow, EvenWhen, Fresh, From, Who } from './who.js';

/** What an agent proves beside a password. */
@Controller('api/factors')
export class FactorsController {
  constructor(
    private readonly factors: FactorService,
    private readonly passkeys: PasskeyService,
  ) {}

  @Get()
  @Allow('session:own')
  @EvenWhen('must_enrol')
  list(@Who() actor: Actor): Promise<Factors> {
    return this.factors.list(actor);
  }

  @Post('totp')
  @HttpCode(200)
  @Allow('session:own')
  @EvenWhen('must_enrol')
  @Fresh('everything')
  beginTotp(@Who() actor: Actor): Promise<NewTotp> {
    return this.factors.beginTotp(actor);
  }

  @Post('totp/confirm')
  @HttpCode(200)
  @Allow('session:own')
  @EvenWhen('must_enrol')
  @Fresh('everything')
  confirmTotp(@Who() actor: Actor, @Body(valid(ConfirmTotp)) { code }: ConfirmTotp): Promise<FactorAdded> {
    return this.factors.confirmTotp(actor, code);
  }

  @Delete('totp')
  @HttpCode(204)
  @Allow('session:own')
  @Fresh('everything')
  removeTotp(@Who() actor: Actor): Promise<void> {
    return this.factors.removeTotp(actor);
  }

  @Post('recovery-codes')
  @HttpCode(200)
  @Allow('session:own')
  @Fresh('everything')
  newRecoveryCodes(@Who() actor: Actor): Promise<RecoveryCodes> {
    return this.factors.newRecoveryCodes(actor);
  }

  @Post('passkeys/options')
  @HttpCode(200)
  @Allow('session:own')
  @EvenWhen('must_enrol')
  @Fresh('everything')
  askPasskey(@Who() actor: Actor, @From() source: Source): Promise<PasskeyRequest> {
    return this.passkeys.askEnrol(actor, source);
  }

  @Post('passkeys')
  @Allow('session:own')
  @EvenWhen('must_enrol')
  @Fresh('everything')
  addPasskey(@Who() actor: Actor, @Body(valid(NewPasskey)) body: NewPasskey, @From() source: Source): Promise<FactorAdded> {
    return this.factors.addPasskey(actor, body, source);
  }

  @Patch('passkeys/:id')
  @Allow('session:own')
  renamePasskey(@Who() actor: Actor, @Param('id') id: string, @Body(valid(PasskeyChange)) { name }: PasskeyChange): Promise<Passkey> {
    if (!isUuid(id)) throw notFound();
    return this.factors.renamePasskey(actor, id, name);
  }

  @Delete('passkeys/:id')
  @HttpCode(204)
  @Allow('session:own')
  @Fresh('everything')
  async removePasskey(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    if (!isUuid(id)) throw notFound();
    await this.factors.removePasskey(actor, id);
  }
}
