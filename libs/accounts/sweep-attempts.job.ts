import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { AttemptService } from './attempts.service.js';
import { PasskeyChallenges } from './passkey-challenges.service.js';

const SweepAttempts = defineJob({ name: 'sweep-attempts', payload: z.undefined(), cron: '17 * * * *' });

@Injectable()
export class SweepAttemptsJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly attempts: AttemptService,
    private readonly challenges: PasskeyChallenges,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SweepAttempts, async () => {
      await this.attempts.sweep();
      await this.challenges.sweep();
    });
  }
}
