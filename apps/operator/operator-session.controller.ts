import { Body, Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { FastifyReply } from 'fastify';
import {
  type ConsoleOrigin,
  type OperatorActor,
  OperatorPasskeys,
  operatorPermissionsOf,
  OperatorSessions,
  type SignedInOperator,
} from '#accounts';
import { EnrolmentToken, type OperatorSession, PasskeyMade, PasskeyUsed } from '#contract';
import { OpenTo, valid } from '#platform';
import { clearOperatorCookie, OPERATOR_COOKIE, setOperatorCookie } from './operator-cookie.js';
import { AllowOperator, ConsoleAt, Operator, type OperatorRequest } from './operator-who.js';

/** Coming in at the console, and going out. */
@Controller('operator/api')
export class OperatorSessionController {
  constructor(
    private readonly passkeys: OperatorPasskeys,
    private readonly sessions: OperatorSessions,
  ) {}

  @Post('session/options')
  @HttpCode(200)
  @OpenTo('anybody with a passkey: a question that only it can answer')
  signInOptions(@ConsoleAt() at: ConsoleOrigin): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return this.passkeys.signInOptions(at);
  }

  @Post('session')
  @HttpCode(200)
  @OpenTo('anybody with a passkey')
  async signIn(
    @Body(valid(PasskeyUsed)) body: PasskeyUsed,
    @ConsoleAt() at: ConsoleOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperatorSession> {
    return welcome(await this.passkeys.signIn(body, at), at, reply);
  }

  @Post('enrolment/options')
  @HttpCode(200)
  @OpenTo('whoever holds an enrolment link')
  enrolOptions(
    @Body(valid(EnrolmentToken)) { token }: { token: string },
    @ConsoleAt() at: ConsoleOrigin,
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    return this.passkeys.enrolOptions(token, at);
  }

  @Post('enrolment')
  @HttpCode(200)
  @OpenTo('whoever holds an enrolment link')
  async enrol(
    @Body(valid(PasskeyMade)) body: PasskeyMade,
    @ConsoleAt() at: ConsoleOrigin,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperatorSession> {
    return welcome(await this.passkeys.enrol(body, at), at, reply);
  }

  @Get('session')
  @AllowOperator('session:own')
  whoAmI(@Operator() operator: OperatorActor): OperatorSession {
    return describe(operator);
  }

  @Delete('session')
  @HttpCode(204)
  @AllowOperator('session:own')
  async signOut(
    @Operator() operator: OperatorActor,
    @Req() request: OperatorRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.end(operator, request.cookies[OPERATOR_COOKIE] ?? '');
    clearOperatorCookie(reply);
  }
}

function welcome(signedIn: SignedInOperator, at: ConsoleOrigin, reply: FastifyReply): OperatorSession {
  setOperatorCookie(reply, signedIn, at);
  return describe(signedIn.actor);
}

function describe({ operatorId, name, role }: OperatorActor): OperatorSession {
  return { operator: { id: operatorId ?? '', name, role }, permissions: operatorPermissionsOf(role) };
}
