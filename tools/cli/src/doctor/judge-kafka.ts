import { groupOf, streamApps } from '@porchlight/contracts';
import type { GroupReport } from '../groups/group-report.ts';
import type { SchemasReport } from '../schemas/register-schemas.ts';
import { sayMany } from '../terminal/say-span.ts';
import type { TopicReport } from '../topics/apply-topics.ts';
import { failed, passed, warned, type Finding } from './finding.ts';

/** Names shown of many that are wrong. */
const NAMED_MAX = 5;
const named = (names: readonly string[]): string =>
  names.length <= NAMED_MAX
    ? names.join(', ')
    : `${names.slice(0, NAMED_MAX).join(', ')} and ${names.length - NAMED_MAX} more`;

/** Replicas that survive the loss of a broker without losing an acknowledged record. */
const BROKERS_SAFE = 3;

export function judgeBrokers(brokers: number): Finding {
  const found = `${sayMany(brokers, 'broker')} answering`;
  return brokers >= BROKERS_SAFE
    ? passed('kafka', found)
    : warned('kafka', found, 'in production three at least, replication 3: a lost broker must not lose a change');
}

export function judgeTopics(reports: readonly TopicReport[]): Finding[] {
  const missing = reports.filter(({ state }) => state === 'missing').map(({ name }) => name);
  const drifted = reports.filter(({ state }) => state === 'drifted');
  const here =
    missing.length === 0
      ? passed('topics', `all ${reports.length} are there`)
      : failed('topics', `missing: ${named(missing)}`, 'npx porchlight topics apply');
  const [first] = drifted.flatMap(({ differences }) => differences);
  const asSaid =
    drifted.length === 0 || first === undefined
      ? passed('topic-config', 'as the code says')
      : failed(
          'topic-config',
          `${named(drifted.map(({ name }) => name))}: ${first.what} is ${first.found}, not ${first.wanted}`,
          `${first.mend} (npx porchlight topics list has all)`,
        );
  return [here, asSaid];
}

export function judgeSchemas({ global, subjects }: SchemasReport): Finding[] {
  const of = (...states: string[]) =>
    subjects.filter(({ state }) => states.includes(state)).map(({ subject }) => subject);
  const [missing, wrong] = [of('missing'), of('drifted', 'incompatible')];
  const registered =
    missing.length === 0
      ? passed('schemas', `all ${subjects.length} are registered`)
      : failed('schemas', `not registered: ${named(missing)}`, 'npx porchlight schemas register');
  if (wrong.length > 0)
    return [
      registered,
      failed(
        'schema-compatibility',
        `not as the code says: ${named(wrong)}`,
        'npx porchlight schemas register says what breaks it; nothing is changed by that',
      ),
    ];
  if (global.state !== 'unchanged')
    return [
      registered,
      warned(
        'schema-compatibility',
        `the registry enforces less than ${global.level} where a subject says nothing`,
        'npx porchlight schemas register',
      ),
    ];
  return [registered, passed('schema-compatibility', `enforced, ${global.level} where a subject says nothing`)];
}

export function judgeGroups(reports: readonly GroupReport[]): Finding[] {
  return streamApps.map((app) => {
    const report = reports.find(({ group }) => group === groupOf(app));
    const check = `group ${app}`;
    if (report === undefined || (report.members.length === 0 && report.partitions.length === 0))
      return failed(check, 'has never joined', `start ${app}, and look at its log and /readyz`);
    // A group of the newer protocol shows no members to kafkajs.
    if (report.members.length === 0 && !report.state.startsWith('Unknown'))
      return failed(check, `nobody is in it (${report.state})`, `start ${app}, and look at its log and /readyz`);
    const unowned = report.partitions.filter(({ owner, end }) => owner === null && end !== null).length;
    if (unowned > 0 && report.members.length > 0)
      return warned(
        check,
        `${sayMany(unowned, 'partition')} that nobody owns`,
        `npx porchlight groups ${app}: it rebalances, or a member is stuck`,
      );
    return passed(check, `${report.state}, ${sayMany(report.members.length, 'member')}`);
  });
}
