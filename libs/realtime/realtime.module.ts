import { Module } from '@nestjs/common';
import { AccountsModule } from '#accounts';
import { FeedGateway } from './feed.gateway.js';
import { Feed } from './feed.service.js';
import { SweepFeedJob } from './sweep-feed.job.js';

@Module({ imports: [AccountsModule], providers: [Feed, FeedGateway, SweepFeedJob], exports: [Feed, FeedGateway] })
export class RealtimeModule {}
