import type { StreamFault } from './world.ts';
import { backlog } from './scenarios/backlog.ts';
import { coordinatorKilled } from './scenarios/coordinator-killed.ts';
import { leaderKilled } from './scenarios/leader-killed.ts';
import { leaderMoved } from './scenarios/leader-moved.ts';
import { memberFrozen } from './scenarios/member-frozen.ts';
import { memberKilled } from './scenarios/member-killed.ts';
import { poison } from './scenarios/poison.ts';
import { rebalanceStorm } from './scenarios/rebalance-storm.ts';
import { restoreBrokerKilled } from './scenarios/restore-broker-killed.ts';
import { rollingRestart } from './scenarios/rolling-restart.ts';
import { stateDiskFull } from './scenarios/state-disk-full.ts';
import { stateMemberKilled } from './scenarios/state-member-killed.ts';
import { topicGrownStateful } from './scenarios/topic-grown-stateful.ts';
import { topicGrown } from './scenarios/topic-grown.ts';
import { twoBrokersKilled } from './scenarios/two-brokers-killed.ts';

/** In the order in which they run. */
export const scenarios: readonly StreamFault[] = [
  memberKilled,
  memberFrozen,
  poison,
  leaderKilled,
  coordinatorKilled,
  leaderMoved,
  twoBrokersKilled,
  rollingRestart,
  rebalanceStorm,
  stateMemberKilled,
  restoreBrokerKilled,
  stateDiskFull,
  topicGrown,
  topicGrownStateful,
  backlog,
];
