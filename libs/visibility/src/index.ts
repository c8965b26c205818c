export { decide, type Decision, type RuleBook } from './decide.ts';
export { judgeLevel, levelOf, type Doubt, type JudgedLevel, type MlsRule, type VisibilityFacts } from './level-of.ts';
export {
  createMlsRules,
  FEED_DOWN_MS,
  FEED_STALE_MS,
  type MlsRules,
  type MlsRulesOptions,
  type PollClock,
  type RuleSource,
} from './mls-rules.ts';
export { isRole, LEVELS, maySee, rankOf, ROLES, type KnownLevel, type Role } from './role.ts';
