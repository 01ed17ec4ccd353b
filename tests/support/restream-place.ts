/** All that a worker needs around it: a database, videos on a web server, an RTMP server to push to. */
import { join } from 'node:path';
import { waitUntil } from '../../lib/wait.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { FileServer, sendFile } from './file-server.ts';
import { type NewRequest, startRestream } from './restream.ts';
import { RtmpSink } from './rtmp-sink.ts';
import { Videos } from './videos.ts';
import { Workers } from './worker-process.ts';

const PATIENCE_MS = 60_000;

/** A row of `stream_sessions`, as far as tests look at it. */
export interface RestreamRow {
  readonly id: string;
  readonly status: string;
  readonly worker_id: string | null;
  readonly error: string | null;
  readonly exit_code: number | null;
  readonly ended_reason: string | null;
}

export class RestreamPlace {
  readonly db: TestDatabase;
  readonly sink: RtmpSink;
  readonly files: FileServer;
  readonly videos: Videos;
  readonly workers: Workers;

  private constructor(parts: Pick<RestreamPlace, 'db' | 'sink' | 'files' | 'videos' | 'workers'>) {
    this.db = parts.db;
    this.sink = parts.sink;
    this.files = parts.files;
    this.videos = parts.videos;
    this.workers = parts.workers;
  }

  /** Sets it up, with `plain.mp4` of some seconds; this machine may be read from and pushed to. */
  static async create(seconds = 10): Promise<RestreamPlace> {
    const db = await createDatabase();
    await db.sql`
      update private.settings set value = '["127.0.0.1", "localhost"]'
      where key in ('allowed_source_hosts', 'allowed_target_hosts')`;
    const videos = new Videos();
    await videos.plain(seconds);
    const files = await FileServer.start((request, response) => {
      const path = new URL(request.url ?? '', 'http://host').pathname;
      sendFile(join(videos.folder, path), request, response);
    });
    const [sink, workers] = [await RtmpSink.start(), await Workers.prepare(db)];
    return new RestreamPlace({ db, sink, files, videos, workers });
  }

  /** Somebody new has a video pushed to the sink under this name; returns the session's id. */
  async request(name: string, request: NewRequest = {}): Promise<string> {
    const { id: userId } = await this.db.createUser();
    const { id } = await startRestream(this.db, userId, {
      source: this.files.url('/plain.mp4'),
      target: this.sink.url(name),
      ...request,
    });
    return id;
  }

  async session(id: string): Promise<RestreamRow> {
    const [row] = await this.db.sql<RestreamRow[]>`
      select id, status, worker_id, error, exit_code, ended_reason
      from public.stream_sessions where id = ${id}`;
    if (!row) throw new Error('there is no such session');
    return row;
  }

  /** Asks for a session to be stopped. */
  async askToStop(id: string): Promise<void> {
    await this.db.asAdmin((sql) => sql`select public.stop_restream(${id})`);
  }

  /** Waits until a session is as wanted. */
  async awaitSession(id: string, wanted: (row: RestreamRow) => boolean): Promise<RestreamRow> {
    let last: RestreamRow | undefined;
    const isWanted = async () => {
      last = await this.session(id);
      return wanted(last);
    };
    const came = await waitUntil(isWanted, { timeoutMs: PATIENCE_MS, intervalMs: 100 });
    if (came && last) return last;
    throw new Error(
      `the session stays ${JSON.stringify(last)}; the workers printed:\n${this.workers.output}`,
    );
  }

  awaitStatus(id: string, status: string): Promise<RestreamRow> {
    return this.awaitSession(id, (row) => row.status === status);
  }

  async close(): Promise<void> {
    await this.workers.stop();
    this.files.stop();
    await this.sink.stop();
    this.videos.clear();
    await this.db.drop();
  }
}
