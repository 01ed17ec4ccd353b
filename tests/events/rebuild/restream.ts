import type { DomainHistory, Stage } from '../../support/history.ts';
import { claim, loseLease, report, requestStream, startRestream } from '../../support/restream.ts';

/** A restream that one worker loses and another takes over, until its owner stops it. */
async function takeOver({ db, owner, remember }: Stage): Promise<void> {
  const { id } = await startRestream(db, owner.id, { title: 'Restreamed' });
  await claim(db, 'worker-1');
  await report(db, id, 'running', { container: 'c1' });
  await remember();
  await loseLease(db, id);
  await claim(db, 'worker-2');
  await remember();
  await db.as(owner)((sql) => sql`select public.stop_restream(${id})`);
  await remember();
  await report(db, id, 'stopped', { worker: 'worker-2', exitCode: 0 });
  await remember();
}

export default {
  aggregates: {
    StreamRequest: { table: 'public.stream_requests', live: [] },
  },
  async happen(stage) {
    const { db, owner, remember } = stage;
    const refused = await requestStream(db, owner.id);
    await db.asAdmin((sql) => sql`select public.reject_stream_request(${refused.id}, 'no')`);
    const given = await requestStream(db, owner.id, { repeat: true });
    await remember();
    await db.as(owner)((sql) => sql`select public.cancel_stream_request(${given.id})`);
    await takeOver(stage);
    const failing = await startRestream(db, owner.id);
    await claim(db);
    await report(db, failing.id, 'error', { error: 'No such file', exitCode: 1 });
    await db.sql`delete from public.stream_requests where id = ${given.id}`;
    await remember();
  },
} satisfies DomainHistory;
