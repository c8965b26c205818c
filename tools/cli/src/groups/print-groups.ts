import { printable } from '../terminal/printable.ts';
import { sayCount, sayMany, saySpan } from '../terminal/say-span.ts';
import { textTable } from '../terminal/text-table.ts';
import type { GroupReport, PartitionReport } from './group-report.ts';

const SPARKS = '▁▂▃▄▅▆▇█';
const BAR_WIDTH = 20;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** @returns one character for each partition, as high as its lag is against the most; `·` for none, `?` where it is not known */
export function sparklineOf(lags: readonly (number | null)[]): string {
  const most = Math.max(1, ...lags.map((lag) => lag ?? 0));
  return lags
    .map((lag) => {
      if (lag === null) return '?';
      return lag === 0 ? '·' : (SPARKS[Math.ceil((lag / most) * SPARKS.length) - 1] ?? '█');
    })
    .join('');
}

/** @returns a bar of up to twenty characters, in eighths; never empty for a lag that is there */
export function barOf(lag: number, most: number): string {
  if (lag === 0 || most === 0) return '';
  const eighths = Math.max(1, Math.round((lag / most) * BAR_WIDTH * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

const ageOf = (ms: number | null): string => (ms === null ? '-' : saySpan(ms));

const notesOf = ({ partitions, members }: GroupReport): string[] => {
  const lost = partitions.reduce((sum, each) => sum + each.lost, 0);
  const gone = [...new Set(partitions.filter(({ end }) => end === null).map(({ topic }) => topic))];
  const unowned = partitions.filter(({ owner, end }) => owner === null && end !== null).length;
  const beyond = partitions.filter(
    ({ committed, end }) => committed !== null && end !== null && committed > end,
  ).length;
  return [
    ...(beyond === 0
      ? []
      : [`${sayMany(beyond, 'partition')} where it stands behind the end: was the topic made anew?`]),
    ...(lost === 0 ? [] : [`retention took ${sayMany(lost, 'record')} before they were read`]),
    ...gone.map((topic) => `the topic ${printable(topic)} is gone`),
    ...(unowned === 0 || members.length === 0
      ? []
      : [`${sayMany(unowned, 'partition')} of ${partitions.length} that nobody owns`]),
  ];
};

/** @returns one line for each group, and below it one for each of its topics with a picture of the lag of its partitions */
export function printGroups(reports: readonly GroupReport[]): string {
  if (reports.length === 0) return 'no group of Porchlight is known to these brokers: no app has joined yet';
  return reports
    .map((report) => {
      const { group, state, members, partitions, lag, oldestUnreadMs } = report;
      const head = `${group}: ${state}, ${sayMany(members.length, 'member')}, lag ${sayCount(lag)}, oldest unread ${ageOf(oldestUnreadMs)}`;
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, each]) => {
        const sum = each.reduce((total, partition) => total + (partition.lag ?? 0), 0);
        return [`  ${printable(topic)}`, sparklineOf(each.map((partition) => partition.lag)), sayCount(sum)];
      });
      const table =
        topics.length === 0
          ? []
          : [
              textTable(
                [{ title: '  topic' }, { title: 'lag by partition' }, { title: 'lag', align: 'right' }],
                topics,
              ),
            ];
      return [head, ...table, ...notesOf(report).map((note) => `  ! ${note}`)].join('\n');
    })
    .join('\n\n');
}

const rowOf = (each: PartitionReport, most: number, now: number): string[] => [
  printable(each.topic),
  String(each.partition),
  each.committed === null ? '-' : String(each.committed),
  each.end === null ? 'gone' : String(each.end),
  each.lag === null ? '-' : sayCount(each.lag),
  ageOf(each.oldestUnreadAt === null ? null : now - each.oldestUnreadAt),
  printable(each.owner ?? '-'),
  barOf(each.lag ?? 0, most),
];

/** @returns everything of one group: members, then a row for each partition */
export function printGroup(report: GroupReport, now: number): string {
  const { group, state, members, partitions, lag, oldestUnreadMs } = report;
  const most = Math.max(0, ...partitions.map((each) => each.lag ?? 0));
  const head = `${group}: ${state}, lag ${sayCount(lag)}, oldest unread ${ageOf(oldestUnreadMs)}`;
  const memberLines = members.map(
    ({ clientId, host, partitions: owned, memberId }) =>
      `  ${printable(clientId)} at ${printable(host)}, ${sayMany(owned, 'partition')} (${printable(memberId)})`,
  );
  const table = textTable(
    [
      { title: 'topic' },
      { title: 'partition', align: 'right' },
      { title: 'committed', align: 'right' },
      { title: 'end', align: 'right' },
      { title: 'lag', align: 'right' },
      { title: 'oldest unread', align: 'right' },
      { title: 'owner' },
      { title: '' },
    ],
    partitions.map((each) => rowOf(each, most, now)),
  );
  const said = members.length === 0 ? ['  nobody is in it'] : memberLines;
  return [
    head,
    ...said,
    '',
    ...(partitions.length === 0 ? ['it has committed nothing'] : [table]),
    ...notesOf(report).map((note) => `! ${note}`),
  ].join('\n');
}
