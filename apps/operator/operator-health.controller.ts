import { Controller, Get, Header } from '@nestjs/common';
import { InstallationDoctor } from '#channels';
import type { InstallationHealth } from '#contract';
import { OpenTo } from '#platform';
import { Metrics } from './metrics.js';
import { AllowOperator } from './operator-who.js';

@Controller()
export class OperatorHealthController {
  constructor(
    private readonly doctor: InstallationDoctor,
    private readonly metrics: Metrics,
  ) {}

  @Get('operator/api/health')
  @AllowOperator('health:read')
  health(): Promise<InstallationHealth> {
    return this.doctor.look();
  }

  // Prometheus cannot sign what it asks: the list of addresses is what it has to pass, and figures are all it gets.
  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @OpenTo('whoever comes from an address on the list: figures only')
  figures(): Promise<string> {
    return this.metrics.text();
  }
}
