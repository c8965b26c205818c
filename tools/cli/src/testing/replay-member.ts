/**
 * A process that replays dead letters until it is told to stand still, for the tests that kill one in the middle. Arguments: brokers, dead-letter
 * topic, the step at which it stands still, and after how many batches. It prints the step, and waits to be killed.
 */
import { createLetterSender } from '../dead-letters/letter-sender.adapter.ts';
import { lettersNow } from '../dead-letters/read-letters.ts';
import { replayLetters } from '../dead-letters/replay-letters.ts';
import { selectLetters } from '../dead-letters/select-letters.ts';
import { settlePorts } from '../dead-letters/settle-ports.ts';
import { SettlementLog } from '../dead-letters/settlement-log.ts';
import { withKafka } from '../kafka/with-kafka.ts';

const [brokerList = '', deadLetterTopic = '', standStillAt = '', batches = '1'] = process.argv.slice(2);
const brokers = brokerList.split(',');

await withKafka(brokers, async ({ reader }) => {
  const settled = new SettlementLog(deadLetterTopic, reader);
  await settled.mustCatchUp();
  const stretches = await lettersNow(reader, deadLetterTopic);
  const { letters } = await selectLetters({ reader, stateOf: (id) => settled.of(id) }, stretches, {
    filter: {},
    limit: 10_000,
  });
  let seen = 0;
  const ports = settlePorts({
    deadLetterTopic,
    reader,
    settled,
    sender: await createLetterSender(brokers),
    inDoubtMs: 200,
    onStep: (step) => {
      if (step === standStillAt) seen += 1;
      if (step !== standStillAt || seen < Number(batches)) return undefined;
      process.stdout.write(`${step}\n`);
      // Nothing in this process ends it any more; the timer keeps it alive.
      return new Promise<void>(() => void setInterval(() => undefined, 60_000));
    },
  });
  await replayLetters(ports, letters, { perSecond: 5 });
});
