import { Controller, Get } from '@nestjs/common';
import { Database, OpenTo, Refusal } from '#platform';

@Controller()
export class HealthController {
  constructor(private readonly db: Database) {}

  @Get('healthz')
  @OpenTo('anybody: says only that the process answers')
  alive(): { status: string } {
    return { status: 'alive' };
  }

  @Get('readyz')
  @OpenTo('anybody: says only whether it can serve')
  async ready(): Promise<{ status: string }> {
    try {
      await this.db.query('select 1 from delivery limit 1');
    } catch {
      throw new Refusal('unavailable', 'not_ready', 'The database cannot be reached or is not migrated.');
    }
    return { status: 'ready' };
  }
}
