/** Reading among the stored events: an aggregate's history, and tailing the log. */
import postgres from 'postgres';
import type { Contender } from '../support/turns.ts';
import { Wire } from '../support/wire.ts';
import type { FilledDatabase } from './databases.ts';
import { EVENTS_PER_AGGREGATE, STORED_ID } from './fill.ts';

const BATCH = 1000;
const SAMPLE = 1000;

/** Ids of aggregates, evenly from the whole log. */
export async function sampleIds({ url, stored }: FilledDatabase): Promise<string[]> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  try {
    const rows = await sql.unsafe(
      `select ${STORED_ID('n')} as id from generate_series(0, $1::bigint - 1, greatest($1::bigint / ${SAMPLE}, 1)) as n`,
      [stored.aggregates],
    );
    return rows.map((row) => row.id);
  } finally {
    await sql.end();
  }
}

/** `get_events` of all 100 events of one aggregate after another. */
export function getEvents(
  name: string,
  { url }: FilledDatabase,
  ids: readonly string[],
): Contender {
  const unit = (connection: number): ReturnType<Contender['unit']> => {
    let count = connection * 97;
    return (wire) => {
      count += 7;
      return wire.run(`select * from public.get_events('Stream', $1, 1, ${EVENTS_PER_AGGREGATE})`, [
        ids[count % ids.length] as string,
      ]);
    };
  };
  return { name, url, unit };
}

/** Milliseconds of each batch of `read_events` up to the last stored event. */
export async function tailBatches({ url, stored }: FilledDatabase): Promise<number[]> {
  const wire = await Wire.open(url);
  const times: number[] = [];
  const count = stored.lastPosition - stored.firstPosition + 1;
  const batches = Math.min(SAMPLE, count / BATCH);
  const start = stored.lastPosition - batches * BATCH;
  try {
    for (let batch = 0; batch < batches; batch++) {
      const begun = performance.now();
      await wire.run(`select * from public.read_events($1, ${BATCH})`, [start + batch * BATCH]);
      times.push(performance.now() - begun);
    }
  } finally {
    await wire.close();
  }
  return times;
}
