import { Module } from '@nestjs/common';
import { AccountsModule } from '#accounts';
import { DoorbellRelay } from './doorbell-relay.service.js';
import { FeedGateway } from './feed.gateway.js';
import { Feed } from './feed.service.js';
import { SweepFeedJob } from './sweep-feed.job.js';

@Module({ imports: [AccountsModule], providers: [DoorbellRelay, Feed, FeedGateway, SweepFeedJob], exports: [Feed, FeedGateway] })
export class RealtimeModule {}
