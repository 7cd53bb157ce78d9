import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { InstallationDoctor } from '#channels';
import type { InstallationHealth } from '#contract';

type Figure = keyof InstallationHealth['figures'];

const FIGURES: Record<Figure, { name: string; help: string }> = {
  deliveriesWaiting: { name: 'omnidesk_deliveries_waiting', help: 'Deliveries that were kept and not read yet.' },
  deliveriesSetAside: { name: 'omnidesk_deliveries_set_aside', help: 'Deliveries in quarantine.' },
  deliveryLagSeconds: { name: 'omnidesk_delivery_lag_seconds', help: 'Age of the oldest delivery that waits.' },
  jobsWaiting: { name: 'omnidesk_jobs_waiting', help: 'Jobs that are due.' },
  jobsFailed: { name: 'omnidesk_jobs_failed', help: 'Jobs that are not tried any more.' },
  jobLagSeconds: { name: 'omnidesk_job_lag_seconds', help: 'For how long the oldest job has been due.' },
  tenantsActive: { name: 'omnidesk_tenants_active', help: 'Tenants that may act.' },
  tenantsSuspended: { name: 'omnidesk_tenants_suspended', help: 'Tenants that are suspended.' },
};

/** The installation in figures, for Prometheus: how much waits and for how long, and the process itself. Nobody can be told from them. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly gauges = new Map<Figure, Gauge>();

  constructor(private readonly doctor: InstallationDoctor) {
    collectDefaultMetrics({ register: this.registry });
    for (const [figure, { name, help }] of Object.entries(FIGURES) as [Figure, (typeof FIGURES)[Figure]][]) {
      this.gauges.set(figure, new Gauge({ name, help, registers: [this.registry] }));
    }
  }

  async text(): Promise<string> {
    const figures = await this.doctor.figures();
    for (const [figure, gauge] of this.gauges) gauge.set(figures[figure]);
    return this.registry.metrics();
  }
}
