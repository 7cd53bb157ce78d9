import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { type ConsoleOrigin, type OperatorActor, OperatorAddressList } from '#accounts';
import { AddressRange, NewOperatorAddress, type OperatorAddresses } from '#contract';
import { valid } from '#platform';
import { AllowOperator, ConsoleAt, Operator } from './operator-who.js';

/** From where operators may come. */
@Controller('operator/api/addresses')
export class AddressesController {
  constructor(private readonly addresses: OperatorAddressList) {}

  @Get()
  @AllowOperator('address:read')
  list(@ConsoleAt() { address }: ConsoleOrigin): Promise<OperatorAddresses> {
    return this.addresses.list(address);
  }

  @Post()
  @AllowOperator('address:manage')
  async add(@Operator() operator: OperatorActor, @Body(valid(NewOperatorAddress)) body: NewOperatorAddress): Promise<{ range: string }> {
    return { range: await this.addresses.add(operator, body) };
  }

  // A range has a slash in it, so it is not part of an address.
  @Post('remove')
  @HttpCode(204)
  @AllowOperator('address:manage')
  remove(
    @Operator() operator: OperatorActor,
    @Body(valid(AddressRange)) { range }: { range: string },
    @ConsoleAt() { address }: ConsoleOrigin,
  ): Promise<void> {
    return this.addresses.remove(operator, range, address);
  }
}
