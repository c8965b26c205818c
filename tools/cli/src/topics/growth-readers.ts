import { factsOf, porchlightGroups, type GroupPorts } from '../groups/describe-groups.ts';
import { topicsReadBy } from '../groups/group-report.ts';
import type { GrowthReader, TopicGrowth } from './plan-growth.ts';

/** @returns which groups read topics that grow, and whether they keep state @throws {CliError} KAFKA_UNREACHABLE */
export async function readersOf(ports: GroupPorts, growths: readonly TopicGrowth[]): Promise<GrowthReader[]> {
  const names = await porchlightGroups(ports);
  const topicNames = await ports.groups.topicNames();
  const found = await ports.groups.describe(names);
  const readers = await Promise.all(
    found.map(async (each) => {
      const read = topicsReadBy(await factsOf(ports, each));
      const topics = growths.map(({ name }) => name).filter((name) => read.includes(name));
      return {
        group: each.group,
        topics,
        isStateful: topicNames.includes(`${each.group}.changelog`),
        members: each.members.length,
      };
    }),
  );
  return readers.filter(({ topics }) => topics.length > 0);
}
