import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { JobWorker } from '#jobs';
import { DeliveryReader, TicketingModule } from '#ticketing';

/** Where time and queues knock: runs the jobs that rooms declare, and reads what the gateway kept. */
@Module({ imports: [TicketingModule] })
export class WorkerModule implements OnApplicationBootstrap {
  constructor(
    private readonly jobs: JobWorker,
    private readonly reader: DeliveryReader,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.jobs.start();
    this.reader.start();
  }
}
