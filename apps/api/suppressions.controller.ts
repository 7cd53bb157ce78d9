import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { type Page, PageQuery, type Suppression } from '#contract';
import type { Actor } from '#accounts';
import { valid } from '#platform';
import { SuppressionService } from '#ticketing';
import type { z } from 'zod';
import { Allow, Who } from './who.js';

@Controller('api/suppressions')
export class SuppressionsController {
  constructor(private readonly suppressions: SuppressionService) {}

  @Get()
  @Allow('suppression:manage')
  list(@Who() actor: Actor, @Query(valid(PageQuery)) query: z.infer<typeof PageQuery>): Promise<Page<Suppression>> {
    return this.suppressions.list(actor, query);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('suppression:manage')
  lift(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.suppressions.lift(actor, id);
  }
}
