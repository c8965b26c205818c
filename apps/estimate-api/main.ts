import { runService } from '@porchlight/service';
import { config } from './config.ts';
import { keepHeapSmall, makeAllYoung } from './heap-growth.ts';
import { startApi } from './wiring.ts';

/** What kafkajs leaves behind when a broker goes: its publisher has counted it already. */
const isLeftByKafkajs = (error: unknown): boolean => error instanceof Error && error.name.startsWith('KafkaJS');

keepHeapSmall();
makeAllYoung();
await runService({ name: 'estimate-api', config, start: startApi, isHarmless: isLeftByKafkajs });
