import { ServiceError } from '@porchlight/service';

/** Requests and estimates of one tile must lie in partitions of one number, or the writer's progress says nothing. */
export class PartitionsDiffer extends ServiceError {
  readonly code = 'PARTITIONS_DIFFER';
  readonly fate = 'crash';
  constructor(requests: number, estimates: number) {
    super(`warmup.requests has ${requests} partitions and warmup.estimates ${estimates}: they must be equal`);
  }
}
