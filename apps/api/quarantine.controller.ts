import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { type Actor, auditedAs } from '#accounts';
import { Quarantine } from '#channels';
import {
  DropQuarantined,
  type Page,
  PageQuery,
  type QuarantinedCount,
  type QuarantinedDelivery,
  type Released,
  RetryQuarantined,
} from '#contract';
import { valid } from '#platform';
import { QuarantineRelease } from '#ticketing';
import { FILE_POLICY } from './send-file.js';
import { Allow, Who } from './who.js';

@Controller('api/quarantine')
export class QuarantineController {
  constructor(
    private readonly quarantine: Quarantine,
    private readonly releases: QuarantineRelease,
  ) {}

  @Get()
  @Allow('quarantine:read')
  list(@Who() actor: Actor, @Query(valid(PageQuery)) query: z.infer<typeof PageQuery>): Promise<Page<QuarantinedDelivery>> {
    return this.quarantine.list(actor, query);
  }

  /** Always saved, never shown: nobody has looked into it. */
  @Get(':id/raw')
  @Allow('raw:read')
  async raw(@Who() actor: Actor, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    const { body } = await this.quarantine.look(actor, id, auditedAs(actor));
    void reply
      .header('content-type', 'message/rfc822')
      .header('content-disposition', `attachment; filename="mail-${id.slice(0, 12)}.eml"`)
      .header('content-security-policy', FILE_POLICY);
    return body;
  }

  @Post('retry')
  @HttpCode(200)
  @Allow('quarantine:manage')
  async retryAll(@Who() actor: Actor, @Body(valid(RetryQuarantined)) { code }: RetryQuarantined): Promise<QuarantinedCount> {
    return { count: await this.quarantine.retryAll(actor, code ?? null, auditedAs(actor)) };
  }

  @Post(':id/retry')
  @HttpCode(204)
  @Allow('quarantine:manage')
  retry(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.quarantine.retry(actor, id, auditedAs(actor));
  }

  @Post(':id/release')
  @HttpCode(200)
  @Allow('quarantine:manage')
  release(@Who() actor: Actor, @Param('id') id: string): Promise<Released> {
    return this.releases.release(actor, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('quarantine:manage')
  remove(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.quarantine.remove(actor, id, auditedAs(actor));
  }

  @Delete()
  @HttpCode(200)
  @Allow('quarantine:manage')
  async removeAll(@Who() actor: Actor, @Query(valid(DropQuarantined)) { code }: DropQuarantined): Promise<QuarantinedCount> {
    return { count: await this.quarantine.removeAll(actor, code, auditedAs(actor)) };
  }
}
