import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { ChannelsModule, MailFetcher } from '#channels';
import { JobWorker } from '#jobs';
import { DeliveryReader, TicketingModule } from '#ticketing';

/** Where time and queues knock: runs the jobs that rooms declare, fetches mail, and reads what was kept. */
@Module({ imports: [ChannelsModule, TicketingModule] })
export class WorkerModule implements OnApplicationBootstrap {
  constructor(
    private readonly jobs: JobWorker,
    private readonly reader: DeliveryReader,
    private readonly fetcher: MailFetcher,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.jobs.start();
    this.reader.start();
    this.fetcher.start();
  }
}
