import { bytesOfHome } from './judge-sameness.ts';
import { EVENT_STREAM, NDJSON, openStream } from './stream-client.ts';

/** Who asks whom for what. */
export interface Ask {
  readonly port: number;
  readonly propertyId: string;
  /** Asked for besides, in batches. */
  readonly others: readonly string[];
  /** A view that the home is in, `west=...&zoom=...`. */
  readonly view: string;
  readonly role: string;
}

/** Asks in one form. @returns the answer as it came, its head left out */
export type AskForm = (ask: Ask) => Promise<string>;

const DEADLINE_MS = 5_000;

const json =
  (pathOf: (ask: Ask) => string, bodyOf?: (ask: Ask) => object): AskForm =>
  async (ask) => {
    const response = await fetch(`http://127.0.0.1:${ask.port}${pathOf(ask)}`, {
      headers: { 'x-viewer-role': ask.role, ...(bodyOf && { 'content-type': 'application/json' }) },
      ...(bodyOf && { method: 'POST', body: JSON.stringify(bodyOf(ask)) }),
    });
    return await response.text();
  };

const streamed =
  (accept: string, pathOf: (ask: Ask) => string, bodyOf?: (ask: Ask) => object): AskForm =>
  async (ask) => {
    const stream = await openStream({
      port: ask.port,
      path: pathOf(ask),
      accept,
      headers: { 'x-viewer-role': ask.role },
      ...(bodyOf && { body: bodyOf(ask) }),
    });
    if (!(await stream.ended())) throw new Error('a stream was cut');
    return stream.text();
  };

const batchPath = (): string => '/v1/estimates:batchGet';
const batchBody = ({ propertyId, others }: Ask) => ({ propertyIds: [...others, propertyId], deadlineMs: DEADLINE_MS });
const mapPath = ({ view }: Ask): string => `/v1/map/estimates?${view}&deadlineMs=${DEADLINE_MS}`;

/** Every form in which a home is answered. */
export const allForms: Readonly<Record<string, AskForm>> = {
  single: json(({ propertyId }) => `/v1/estimates/${propertyId}?deadlineMs=${DEADLINE_MS}`),
  batch: json(batchPath, batchBody),
  map: json(mapPath),
  'batch as events': streamed(EVENT_STREAM, batchPath, batchBody),
  'batch as lines': streamed(NDJSON, batchPath, batchBody),
  'map as events': streamed(EVENT_STREAM, mapPath),
  'map as lines': streamed(NDJSON, mapPath),
};

/** @returns the bytes of the home in this form @throws with the answer, if it is not told of */
export async function askIn(form: AskForm, ask: Ask): Promise<string> {
  const answer = await form(ask);
  const bytes = bytesOfHome(answer, ask.propertyId);
  if (bytes === null) throw new Error(`nothing of the home in: ${answer.slice(0, 500)}`);
  return bytes;
}
