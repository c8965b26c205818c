export { generateStreamApp } from './stream-app/generate-stream-app.ts';
export type { StreamAppOptions } from './stream-app/app-plan.ts';
