import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '@porchlight/stream';
import { createTelemetry, parseMetrics } from '@porchlight/telemetry';
import { BadOutboxRow } from './change-record.ts';
import { telemetryReport } from './telemetry-report.ts';

function setUp() {
  const clock = new ManualClock();
  const lines: { level: string; msg: string }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as { level: string; msg: string }) };
  const telemetry = createTelemetry({ app: 'catalog-relay', logLevel: 'info', destination });
  const report = telemetryReport(telemetry, clock);
  const read = async (name: string) => {
    const scrape = parseMetrics(await telemetry.render());
    return scrape.samples.filter((sample) => sample.name === name).map(({ value }) => value);
  };
  return { clock, lines, report, read };
}

const round = (publishedUntilAt: number | null, buried = 0) => ({ rows: 3, publishedUntilAt, buried, partitions: {} });

describe('what the relay tells', () => {
  test('one that stands by is not active, and has no age of T to tell', async () => {
    const { clock, report, read } = setUp();
    report.role('active');
    report.round(round(clock.now()), 12);
    await clock.advance(4_000);
    expect(await read('porchlight_catalog_relay_active')).toEqual([1]);
    expect(await read('porchlight_catalog_relay_progress_age_seconds')).toEqual([4]);
    report.role('standby');
    expect(await read('porchlight_catalog_relay_active')).toEqual([0]);
    expect(await read('porchlight_catalog_relay_progress_age_seconds')).toEqual([]);
  });

  test('while rows lie aside T grows old, and their number is there to alert on', async () => {
    const { clock, report, read } = setUp();
    report.role('active');
    report.round(round(clock.now()), 1);
    await clock.advance(7_000);
    report.round(round(null, 2), 1);
    expect(await read('porchlight_catalog_relay_progress_age_seconds')).toEqual([7]);
    expect(await read('porchlight_catalog_relay_buried_rows')).toEqual([2]);
  });

  test('a row that was put aside is an error that names the row and no value of it', () => {
    const { lines, report } = setUp();
    const payload = { propertyId: 'home-1', level: 'hidden-value' };
    report.buried(
      { id: 5, type: 'SellerOverrideChanged', aggregateId: 'home-1', payload },
      new BadOutboxRow('a wrong level'),
    );
    expect(lines).toMatchObject([
      { level: 'error', row: 5, type: 'SellerOverrideChanged', error: { code: 'BAD_OUTBOX_ROW' } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('hidden-value');
  });

  test('an outage of Kafka is told when it begins, every 30 s, and when it ends', async () => {
    const { clock, lines, report } = setUp();
    for (let second = 0; second < 31; second += 1) {
      report.waits(new Error('no broker answers'));
      await clock.advance(1_000);
    }
    report.round(round(clock.now()), 1);
    report.round(round(clock.now()), 1);
    expect(lines.map(({ level, msg }) => [level, msg.slice(0, 29)])).toEqual([
      ['warn', 'catalog-relay waits for Kafka'],
      ['warn', 'catalog-relay waits for Kafka'],
      ['info', 'reached Kafka again'],
    ]);
  });
});
