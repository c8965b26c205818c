import { databaseConfig, kafkaConfig, redisConfig, serviceConfig } from './config-fragments.ts';
import { defineConfig, describeConfig } from './config.ts';
import { exitCodes } from './exit-codes.ts';

const MEANINGS: Readonly<Record<keyof typeof exitCodes, string>> = {
  asked: 'it was asked to stop',
  unplanned: 'something unplanned; nothing of it was committed',
  config: 'the environment is wrong; starting it again changes nothing',
};

/** The README's tables: exit codes, and the variables that several apps share. */
export function describeService(): string {
  const codes = Object.entries(exitCodes).map(
    ([name, code]) => `| ${code} | ${MEANINGS[name as keyof typeof exitCodes]} |`,
  );
  const shared = defineConfig({ ...serviceConfig, ...kafkaConfig, ...redisConfig, ...databaseConfig });
  return ['| exit | means |', '| --- | --- |', ...codes, '', describeConfig(shared)].join('\n');
}
