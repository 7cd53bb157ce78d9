import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import { Refusal } from '#platform';
import { DeliveryLog, type NewDelivery } from './delivery-log.service.js';

/** Two commits under way at once keep the disk busy; more only make rows wait for each other. */
const LANES = 2;
const ROWS_PER_COMMIT_MAX = 200;
const BYTES_PER_COMMIT_MAX = 8 * 1024 * 1024;
/** What may wait in memory for a commit. Beyond it the vendor is told to come back: it will. */
const WAITING_BYTES_MAX = 128 * 1024 * 1024;

interface Waiting {
  delivery: NewDelivery;
  kept: () => void;
  failed: (error: unknown) => void;
}

/**
 * Keeps what vendors send, many in one commit. A commit costs the same for one row as for two hundred, so while one is under way the next
 * batch gathers by itself: under load batches grow, at rest a delivery waits for nobody.
 */
@Injectable()
export class IntakeService {
  /** Rings when something new can be read. */
  readonly doorbell = new EventEmitter<{ rung: [] }>();
  private readonly queue: Waiting[] = [];
  private waitingBytes = 0;
  private lanesBusy = 0;

  constructor(private readonly log: DeliveryLog) {}

  /**
   * Keep one delivery and queue it to be read. Resolves once it is committed.
   *
   * Errors   unavailable `intake_full` when more waits than memory should hold; whatever the database throws
   * Repeats  the same bytes twice make one row
   */
  async keep(delivery: NewDelivery): Promise<void> {
    if (this.waitingBytes + delivery.body.length > WAITING_BYTES_MAX) {
      throw new Refusal('unavailable', 'intake_full', 'Too much is coming in at once. Try again in a moment.');
    }
    this.waitingBytes += delivery.body.length;
    try {
      await new Promise<void>((kept, failed) => {
        this.queue.push({ delivery, kept, failed });
        this.openLane();
      });
    } finally {
      this.waitingBytes -= delivery.body.length;
    }
  }

  private openLane(): void {
    if (this.lanesBusy === LANES || this.queue.length === 0) return;
    this.lanesBusy++;
    void this.commit(this.nextBatch()).finally(() => {
      this.lanesBusy--;
      this.openLane();
    });
  }

  private nextBatch(): Waiting[] {
    let bytes = 0;
    let rows = 0;
    for (const { delivery } of this.queue) {
      bytes += delivery.body.length;
      if (rows > 0 && (rows === ROWS_PER_COMMIT_MAX || bytes > BYTES_PER_COMMIT_MAX)) break;
      rows++;
    }
    return this.queue.splice(0, rows);
  }

  private async commit(batch: Waiting[]): Promise<void> {
    try {
      await this.log.add(batch.map(({ delivery }) => delivery));
      for (const { kept } of batch) kept();
      this.doorbell.emit('rung');
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }
}
